// SPDX-License-Identifier: GPL-2.0
/* What this machine and this build have; see probe.h. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "khugepaged_ctl.h"
#include "nodes.h"
#include "privileges.h"
#include "probe.h"
#include "pte_read.h"
#include "resources.h"

#ifdef HAVE_LIBURING
#include <liburing.h>

static const char *probe_io_uring(void)
{
	struct io_uring ring;

	if (io_uring_queue_init(1, &ring, 0) < 0)
		return "no, the kernel refuses it";
	io_uring_queue_exit(&ring);
	return "yes";
}
#else
static const char *probe_io_uring(void)
{
	return "no, built without liburing";
}
#endif

static const char *yes_no(bool yes)
{
	return yes ? "yes" : "no";
}

static bool exists(const char *path)
{
	return !access(path, F_OK);
}

static bool has_userfaultfd(void)
{
#ifdef SYS_userfaultfd
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
#else
	return false;
#endif
}

static uint64_t pfn_of(const struct vm_geometry *vm, const char *page)
{
	uint64_t entry = 0;

	pagemap_read(vm, page, 1, &entry);
	return entry & PM_PRESENT ? entry & PM_PFN_MASK : 0;
}

/* A PMD folio that is mapped by PTEs: does a collapse keep it, or copy it? */
static const char *probe_in_place(const struct vm_geometry *vm)
{
	const char *result = "unknown, MADV_COLLAPSE gives no PMD folio";
	size_t pmd = vm->pmd_size;
	char *map, *start;
	uint64_t before;

	map = mmap(NULL, 2 * pmd, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED)
		return result;
	start = map + (-(uintptr_t)map & (pmd - 1));
	touch_page(start);
	if (!madvise(start, pmd, MADV_COLLAPSE)) {
		before = pfn_of(vm, start);
		/* A change to a part of it splits the PMD. */
		if (!mprotect(start, vm->page_size, PROT_READ) &&
		    !mprotect(start, vm->page_size, PROT_READ | PROT_WRITE) &&
		    !madvise(start, pmd, MADV_COLLAPSE) && before)
			result = pfn_of(vm, start) == before ? "in place" : "copied";
	}
	munmap(map, 2 * pmd);
	return result;
}

void probe_print(const struct vm_geometry *vm, enum generation generation)
{
	const char *missing = privileges_missing();
	struct utsname uts;
	unsigned int order;
	char text[256];

	uname(&uts);
	printf("kernel: %s %s\n", uts.release, uts.machine);
	printf("page size: %zu kB\n", vm->page_size / 1024);
	printf("PMD order: %u (%zu kB)\n", vm->pmd_order, vm->pmd_size / 1024);
	printf("sizes:");
	for (order = 0; order <= vm->pmd_order; order++)
		if (vm->orders & BIT(order))
			printf(" %u", order);
	printf("%s\n", vm->orders ? "" : " no knob for each, PMD only");
	printf("generation: %s\n", generation_names[generation]);
	printf("collapse of a PMD folio mapped by PTEs: %s\n", probe_in_place(vm));
	printf("mappings are counted: %s\n", pagemap_counts_by_folio(vm) ? "by folio" : "by page");
	printf("soft-dirty: %s\n", yes_no(pagemap_shows_soft_dirty(vm)));
	printf("khugepaged: %s\n", khugepaged_find() ? "running" : "not running");
	printf("kdamond: %s\n", kdamond_find() ? "running" : "not running");
	printf("privileges: %s\n", missing ?: "sufficient");
	printf("page frame numbers: %s\n", yes_no(pagemap_shows_pfns(vm)));
	printf("kpageflags: %s\n", yes_no(exists("/proc/kpageflags")));
	printf("kernel log: %s\n", yes_no(!access("/dev/kmsg", R_OK)));
	printf("PID namespaces: %s\n", exists("/proc/self/ns/pid") ? "yes" :
	       "no, a killed supervisor may leave a test behind");
	printf("swap: %s\n", resource_swap_probe());
	printf("KSM: %s\n", resource_ksm_probe());
	printf("userfaultfd: %s\n", yes_no(has_userfaultfd()));
	printf("memcg: %s\n", resource_memcg_probe());
	printf("NUMA nodes with memory: %u\n", nodes_with_memory());
	printf("tracefs: %s\n", resource_trace_probe());
	printf("io_uring: %s\n", probe_io_uring());
	printf("libcap: %s\n", privileges_have_libcap ? "yes" : "no, no capability is dropped");
	if (read_text("/proc/sys/vm/min_free_kbytes", text, sizeof(text)) > 0)
		printf("memory: %zu kB available, min_free_kbytes %s\n",
		       meminfo_bytes("MemAvailable") / 1024, text);
}
