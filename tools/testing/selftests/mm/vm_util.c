// SPDX-License-Identifier: GPL-2.0
/* What the kernel tells of memory; see vm_util.h. */
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "kselftest.h"
#include "vm_util.h"

uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

void wait_until_ns(uint64_t ns)
{
	struct timespec when = { ns / NS_PER_SECOND, ns % NS_PER_SECOND };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL) == EINTR)
		;
}

ssize_t read_text(const char *path, char *buf, size_t size)
{
	ssize_t len = 0, got;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	do {
		got = read(fd, buf + len, size - 1 - len);
		if (got < 0)
			got = errno == EINTR ? 1 : -errno;
		else
			len += got;
	} while (got > 0 && (size_t)len < size - 1);
	close(fd);
	if (got < 0)
		return got;
	if (got > 0)
		return -EFBIG;
	if (len && buf[len - 1] == '\n')
		len--;
	buf[len] = '\0';
	/* What follows a NUL byte would be seen by nobody who takes this for a string. */
	return memchr(buf, '\0', len) ? -EINVAL : len;
}

int read_ulong(const char *path, unsigned long *value)
{
	char buf[64], *end;
	ssize_t len;

	len = read_text(path, buf, sizeof(buf));
	if (len < 0)
		return len;
	if (!isdigit((unsigned char)buf[0]))
		return -EINVAL;
	*value = strtoul(buf, &end, 10);
	return *end ? -EINVAL : 0;
}

void size_path(const struct vm_geometry *vm, char *buf, size_t size,
	       unsigned int order, const char *name)
{
	snprintf(buf, size, THP_SYSFS "/hugepages-%zukB/%s",
		 (vm->page_size << order) / 1024, name);
}

void hugetlb_path(const struct vm_geometry *vm, char *buf, size_t size,
		  unsigned int node, const char *name)
{
	snprintf(buf, size, NODE_SYSFS "/node%u/hugepages/hugepages-%zukB/%s", node,
		 vm->pmd_size / 1024, name);
}

int vm_geometry_read(struct vm_geometry *vm)
{
	unsigned long pmd_size;
	unsigned int order;
	char path[128];
	int err;

	memset(vm, 0, sizeof(*vm));
	err = read_ulong(THP_SYSFS "/hpage_pmd_size", &pmd_size);
	if (err)
		return err == -ENOENT ? -ENODEV : err;

	vm->page_size = sysconf(_SC_PAGESIZE);
	vm->pmd_size = pmd_size;
	vm->nr = pmd_size / vm->page_size;
	vm->pmd_order = __builtin_ctzl(vm->nr);
	if (!vm->nr || vm->nr != BIT(vm->pmd_order) || vm->pmd_order >= MAX_ORDERS)
		return -EINVAL;

	for (order = 1; order <= vm->pmd_order; order++) {
		size_path(vm, path, sizeof(path), order, "enabled");
		if (!access(path, F_OK))
			vm->orders |= BIT(order);
	}
	return 0;
}

int proc_kb(const char *path, const char *key, size_t *bytes)
{
	size_t key_len = strlen(key);
	int err = -ENOENT;
	char line[256];
	FILE *file;

	file = fopen(path, "re");
	if (!file)
		return -errno;
	while (err && fgets(line, sizeof(line), file)) {
		if (strncmp(line, key, key_len) || line[key_len] != ':')
			continue;
		*bytes = strtoull(line + key_len + 1, NULL, 10) * 1024;
		err = 0;
	}
	fclose(file);
	return err;
}

#define STAT_CPU	39	/* number of that field */

int proc_stat_read(pid_t pid, struct proc_stat *stat)
{
	char path[64], text[1024], *name, *end, *cpu;
	unsigned long user, system;
	unsigned int field;
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	len = read_text(path, text, sizeof(text));
	if (len < 0)
		return len;
	name = strchr(text, '(');
	end = strrchr(text, ')');
	if (!name || !end ||
	    sscanf(end,
		   ") %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d %*d %*d %llu",
		   &stat->state, &stat->ppid, &user, &system, &stat->born) != 5)
		return -EINVAL;
	/* The name was the second. */
	for (field = 2, cpu = end; field < STAT_CPU && cpu; field++)
		cpu = strchr(cpu + 1, ' ');
	if (!cpu)
		return -EINVAL;
	stat->on_cpu = atoi(cpu);
	*end = '\0';
	snprintf(stat->comm, sizeof(stat->comm), "%s", name + 1);
	stat->cpu = user + system;
	return 0;
}

size_t meminfo_bytes(const char *key)
{
	size_t bytes = 0;

	proc_kb("/proc/meminfo", key, &bytes);
	return bytes;
}

static int read_at(const char *path, void *buf, size_t size, off_t offset)
{
	ssize_t got = 0;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	while (size && (got = pread(fd, buf, size, offset)) > 0) {
		buf = (char *)buf + got;
		offset += got;
		size -= got;
	}
	got = got < 0 ? -errno : size ? -EIO : 0;
	close(fd);
	return got;
}

int pagemap_read(const struct vm_geometry *vm, const char *start, unsigned int nr,
		 uint64_t *entries)
{
	return read_at("/proc/self/pagemap", entries, nr * sizeof(*entries),
		       (uintptr_t)start / vm->page_size * sizeof(*entries));
}

/* Page frame number of a page that is present, of the stack; 0 if it is hidden. */
static uint64_t some_pfn(const struct vm_geometry *vm)
{
	uint64_t entry;
	char here;

	touch_page(&here);
	if (pagemap_read(vm, &here, 1, &entry) || !(entry & PM_PRESENT))
		return 0;
	return entry & PM_PFN_MASK;
}

bool pagemap_shows_pfns(const struct vm_geometry *vm)
{
	return some_pfn(vm);
}

bool pagemap_shows_soft_dirty(const struct vm_geometry *vm)
{
	char *page = mmap(NULL, vm->page_size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t entry = 0;

	if (page == MAP_FAILED)
		return false;
	/* A page that was just written is dirty, if anything is. */
	touch_page(page);
	pagemap_read(vm, page, 1, &entry);
	munmap(page, vm->page_size);
	return entry & PM_SOFT_DIRTY;
}

/* Flags of a page that is in use; 0 when they are hidden. */
static uint64_t some_flags(const struct vm_geometry *vm)
{
	struct page_reader *flags = page_reader_open("/proc/kpageflags");
	uint64_t entry = flags ? page_reader_get(flags, some_pfn(vm)) : 0;

	if (flags)
		page_reader_close(flags);
	return entry;
}

bool kpageflags_show_pages(const struct vm_geometry *vm)
{
	return some_flags(vm);
}

bool kpageflags_know_ksm(const struct vm_geometry *vm)
{
	return !(some_flags(vm) & BIT_ULL(KPF_KSM));
}

/*
 * Pages of a range lie in runs, so entries are read in blocks. The blocks are
 * found by hashing; the table grows when it is half full.
 */
#define BLOCK_ENTRIES	64

struct block {
	uint64_t number;	/* pfn / BLOCK_ENTRIES, plus 1; 0 is a free slot */
	uint64_t *entries;
};

struct page_reader {
	int fd;
	size_t nr_slots;	/* a power of two */
	size_t nr_used;
	struct block *slots;
	uint64_t head;		/* the folio that was asked for last */
	uint64_t nr_pages;
};

struct page_reader *page_reader_open(const char *path)
{
	struct page_reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return NULL;
	reader->fd = open(path, O_RDONLY | O_CLOEXEC);
	reader->nr_slots = 256;
	reader->slots = calloc(reader->nr_slots, sizeof(*reader->slots));
	if (reader->fd < 0 || !reader->slots) {
		page_reader_close(reader);
		return NULL;
	}
	return reader;
}

void page_reader_close(struct page_reader *reader)
{
	int err = errno;
	size_t i;

	for (i = 0; reader->slots && i < reader->nr_slots; i++)
		free(reader->slots[i].entries);
	free(reader->slots);
	if (reader->fd >= 0)
		close(reader->fd);
	free(reader);
	errno = err;
}

static struct block *find_slot(struct page_reader *reader, uint64_t number)
{
	size_t i = number * 0x9e3779b97f4a7c15ULL >> 32;

	for (;; i++) {
		struct block *slot = &reader->slots[i & (reader->nr_slots - 1)];

		if (!slot->number || slot->number == number)
			return slot;
	}
}

static void grow(struct page_reader *reader)
{
	struct block *old = reader->slots;
	size_t i, nr = reader->nr_slots;
	struct block *slots;

	slots = calloc(nr * 2, sizeof(*slots));
	if (!slots)
		abort();
	reader->slots = slots;
	reader->nr_slots = nr * 2;
	for (i = 0; i < nr; i++)
		if (old[i].number)
			*find_slot(reader, old[i].number) = old[i];
	free(old);
}

uint64_t page_reader_get(struct page_reader *reader, uint64_t pfn)
{
	uint64_t number = pfn / BLOCK_ENTRIES + 1;
	struct block *slot = find_slot(reader, number);

	if (!slot->number) {
		if (reader->nr_used * 2 >= reader->nr_slots) {
			grow(reader);
			slot = find_slot(reader, number);
		}
		slot->entries = calloc(BLOCK_ENTRIES, sizeof(uint64_t));
		if (!slot->entries)
			abort();
		/* A short read is the end of memory: no page, no flags. */
		if (pread(reader->fd, slot->entries, BLOCK_ENTRIES * sizeof(uint64_t),
			  (number - 1) * BLOCK_ENTRIES * sizeof(uint64_t)) < 0)
			memset(slot->entries, 0, BLOCK_ENTRIES * sizeof(uint64_t));
		slot->number = number;
		reader->nr_used++;
	}
	return slot->entries[pfn % BLOCK_ENTRIES];
}

/* The first page of a folio: its tails lie behind it. */
static uint64_t find_head(struct page_reader *flags, uint64_t pfn)
{
	while (page_reader_get(flags, pfn) & BIT_ULL(KPF_COMPOUND_TAIL) && pfn)
		pfn--;
	return pfn;
}

static uint64_t count_pages(struct page_reader *flags, uint64_t head)
{
	uint64_t nr = 1;

	if (page_reader_get(flags, head) & BIT_ULL(KPF_COMPOUND_HEAD))
		while (page_reader_get(flags, head + nr) & BIT_ULL(KPF_COMPOUND_TAIL))
			nr++;
	return nr;
}

unsigned int folio_of(struct page_reader *flags, uint64_t pfn, uint64_t *head)
{
	/* Its other pages are asked for next, mostly. */
	if (pfn < flags->head || pfn >= flags->head + flags->nr_pages) {
		flags->head = find_head(flags, pfn);
		flags->nr_pages = count_pages(flags, flags->head);
	}
	*head = flags->head;
	return 63 - __builtin_clzll(flags->nr_pages);
}

long pmd_folios_of_nobody(const struct vm_geometry *vm)
{
	const uint64_t somebodys = BIT_ULL(KPF_LRU) | BIT_ULL(KPF_MMAP) | BIT_ULL(KPF_ANON) |
				   BIT_ULL(KPF_SLAB) | BIT_ULL(KPF_HUGE) |
				   BIT_ULL(KPF_PGTABLE) | BIT_ULL(KPF_ZERO_PAGE);
	int fd = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	uint64_t head, tail;
	long folios = 0;
	off_t at = 0;
	ssize_t got;

	if (fd < 0)
		return -errno;
	/* Folios are aligned, so two pages of each possible one are enough. */
	while ((got = pread(fd, &head, sizeof(head), at)) > 0 &&
	       (got = pread(fd, &tail, sizeof(tail), at + (vm->nr - 1) * sizeof(tail))) > 0) {
		folios += head & BIT_ULL(KPF_COMPOUND_HEAD) && !(head & somebodys) &&
			  tail & BIT_ULL(KPF_COMPOUND_TAIL);
		at += vm->nr * sizeof(head);
	}
	/* It ends where memory does, and not before the first folio. */
	folios = got < 0 ? -errno : at ? folios : -EIO;
	close(fd);
	return folios;
}

static const struct {
	const char *key;
	size_t field;
} smaps_fields[] = {
	{ "Rss:", offsetof(struct smaps_sum, rss) },
	{ "Referenced:", offsetof(struct smaps_sum, referenced) },
	{ "AnonHugePages:", offsetof(struct smaps_sum, anon_huge) },
	{ "LazyFree:", offsetof(struct smaps_sum, lazyfree) },
	{ "Swap:", offsetof(struct smaps_sum, swap) },
	{ "Locked:", offsetof(struct smaps_sum, locked) },
};

/* "VmFlags: rd wr mr mw me ac ", Documentation/filesystems/proc.rst */
static unsigned int vma_of_flags(const char *flags)
{
	bool readable = strstr(flags, " rd "), writable = strstr(flags, " wr ");
	unsigned int vma = 0;

	if (!writable)
		vma |= readable ? VMA_READ_ONLY : VMA_NO_ACCESS;
	if (strstr(flags, " lo "))
		vma |= VMA_LOCKED;
	if (strstr(flags, " dp "))
		vma |= VMA_DROPPABLE;
	if (strstr(flags, " um ") || strstr(flags, " uw "))
		vma |= VMA_ARMED;
	return vma;
}

static void smaps_line(const char *line, struct smaps_sum *sum)
{
	unsigned int i, vma;

	for (i = 0; i < ARRAY_SIZE(smaps_fields); i++) {
		size_t *field = (size_t *)((char *)sum + smaps_fields[i].field);
		size_t len = strlen(smaps_fields[i].key);

		if (!strncmp(line, smaps_fields[i].key, len))
			*field += strtoull(line + len, NULL, 10) * 1024;
	}
	if (!strncmp(line, "VmFlags:", 8)) {
		vma = vma_of_flags(line);
		sum->vma = sum->nr_vmas++ ? sum->vma & vma : vma;
	}
}

int smaps_read(char *const *start, unsigned int nr, size_t length,
	       struct smaps_sum *sums)
{
	struct smaps_sum *sum = NULL;
	unsigned int range = 0;
	char line[1024];
	FILE *file;

	memset(sums, 0, nr * sizeof(*sums));
	file = fopen("/proc/self/smaps", "re");
	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file)) {
		unsigned long from, to;

		/* A VMA begins with its addresses, in lower case; a field does not. */
		if (isupper((unsigned char)line[0])) {
			if (sum)
				smaps_line(line, sum);
			continue;
		}
		if (sscanf(line, "%lx-%lx ", &from, &to) != 2)
			continue;
		while (range < nr && from >= (unsigned long)start[range] + length)
			range++;
		sum = NULL;
		if (range < nr && from >= (unsigned long)start[range] &&
		    to <= (unsigned long)start[range] + length)
			sum = &sums[range];
	}
	fclose(file);
	return 0;
}

static long read_counter(const char *path)
{
	unsigned long value = 0;

	read_ulong(path, &value);
	return value;
}

/* A line of /proc/vmstat; 0 when there is none. */
static long vmstat(const char *text, const char *key)
{
	size_t len = strlen(key);

	for (; text; text = strchr(text, '\n')) {
		text += *text == '\n';
		if (!strncmp(text, key, len) && text[len] == ' ')
			return strtol(text + len, NULL, 10);
	}
	return 0;
}

static const char *read_vmstat(void)
{
	static char text[32768];

	return read_text("/proc/vmstat", text, sizeof(text)) < 0 ? "" : text;
}

/* Names of the per-size counters, in the order of struct thp_counters. */
static const char *const size_counters[] = {
	"stats/collapse_alloc",
	"stats/collapse_alloc_failed",
	"stats/collapse_exceed_none_pte",
	"stats/collapse_exceed_swap_pte",
	"stats/collapse_exceed_shared_pte",
	"stats/nr_anon",
	"stats/nr_anon_partially_mapped",
	"stats/split_deferred",
};

static_assert(sizeof(((struct thp_counters *)0)->size[0]) ==
	      ARRAY_SIZE(size_counters) * sizeof(long), "a name for each counter");

void thp_counters_read(const struct vm_geometry *vm, struct thp_counters *counters)
{
	unsigned int order, i;
	char path[128];

	memset(counters, 0, sizeof(*counters));
	for (order = 0; order <= vm->pmd_order; order++) {
		long *fields = (long *)&counters->size[order];

		for (i = 0; vm->orders & BIT(order) && i < ARRAY_SIZE(size_counters); i++) {
			size_path(vm, path, sizeof(path), order, size_counters[i]);
			fields[i] = read_counter(path);
		}
	}
	counters->pages_collapsed = read_counter(THP_SYSFS "/khugepaged/pages_collapsed");
	counters->full_scans = read_counter(THP_SYSFS "/khugepaged/full_scans");
	counters->thp_collapse_alloc = vmstat_value("thp_collapse_alloc");
}

long vmstat_value(const char *key)
{
	return vmstat(read_vmstat(), key);
}

bool thp_events_in_vmstat(void)
{
	return strstr(read_vmstat(), "\nthp_collapse_alloc ");
}

void disturbances_read(const struct vm_geometry *vm, unsigned long orders,
		       struct disturbances *disturbances)
{
	long *collapse_failed = disturbances->collapse_failed;
	static const char *const off_lru[] = {
		"compact_isolated", "pgmigrate_success", "pgmigrate_fail", "pgscan_anon",
		"pgrefill",
	};
	const char *text = read_vmstat();
	unsigned int i, order;
	char path[128];

	memset(disturbances, 0, sizeof(*disturbances));
	for (i = 0; i < ARRAY_SIZE(off_lru); i++)
		disturbances->off_lru += vmstat(text, off_lru[i]);
	disturbances->migrated = vmstat(text, "pgmigrate_success");
	disturbances->isolated = vmstat(text, "nr_isolated_anon");
	disturbances->fault_failed = vmstat(text, "thp_fault_fallback");
	/* Kernels that collapse to this order only count it there. */
	collapse_failed[vm->pmd_order] = vmstat(text, "thp_collapse_alloc_failed");
	for (order = 0; order <= vm->pmd_order; order++) {
		size_path(vm, path, sizeof(path), order, "stats/collapse_alloc_failed");
		if (!access(path, R_OK))
			collapse_failed[order] = read_counter(path);
		size_path(vm, path, sizeof(path), order, "stats/anon_fault_fallback");
		if (orders & BIT(order))
			disturbances->fault_failed += read_counter(path);
	}
}

void thp_counters_since(struct thp_counters *counters,
			const struct thp_counters *before)
{
	const long *from = (const long *)before;
	long *to = (long *)counters;
	size_t i;

	for (i = 0; i < sizeof(*counters) / sizeof(long); i++)
		to[i] -= from[i];
}

const char *const kernel_complaints[] = {
	"*BUG: *", "*kernel BUG at *", "*WARNING: *mm/*", "*Bad rss-counter*",
	"*Bad page *", "*page dumped because*", "*soft lockup*", "*rcu*detected *stall*",
	"*khugepaged*blocked for more than*", "*Oops: *", "*general protection fault*",
	"*Unable to handle kernel *", "*list_* corruption*", "*possible circular locking*",
	"*possible recursive locking*", "*inconsistent lock state*", "*suspicious RCU usage*",
	NULL
};

/* Call @record for every log record from @from on. */
static int walk_log(uint64_t from, bool *complete, uint64_t *next,
		    void (*record)(const char *text, void *arg), void *arg)
{
	unsigned long long seq = 0;
	uint64_t first = UINT64_MAX;
	char buf[8192], *text;
	ssize_t len;
	int fd;

	fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	lseek(fd, 0, SEEK_SET);
	*next = 0;
	while ((len = read(fd, buf, sizeof(buf) - 1)) >= 0 || errno == EPIPE) {
		if (len < 0)	/* overtaken by the writer: records are gone */
			continue;
		buf[len] = '\0';
		if (sscanf(buf, "%*u,%llu", &seq) != 1)
			continue;
		if (first == UINT64_MAX)
			first = seq;
		*next = seq + 1;
		text = strchr(buf, ';');
		if (seq < from || !text)
			continue;
		text[strcspn(text, "\n")] = '\0';
		record(text + 1, arg);
	}
	len = errno == EAGAIN ? 0 : -errno;
	close(fd);
	if (complete)
		*complete = first <= from;
	return len;
}

struct log_search {
	const char *const *patterns;
	void (*found)(const char *record);
	int count;
};

static void match_record(const char *record, void *arg)
{
	struct log_search *search = arg;
	int i;

	for (i = 0; search->patterns[i]; i++) {
		if (fnmatch(search->patterns[i], record, 0))
			continue;
		search->count++;
		if (search->found)
			search->found(record);
		return;
	}
}

int kernel_log_count(uint64_t *from, const char *const *patterns,
		     void (*found)(const char *record), bool *complete)
{
	struct log_search search = { .patterns = patterns, .found = found };
	uint64_t next;
	int err;

	err = walk_log(*from, complete, &next, match_record, &search);
	if (!err)
		*from = next;
	return err ?: search.count;
}
