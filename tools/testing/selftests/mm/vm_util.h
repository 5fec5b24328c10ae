/* SPDX-License-Identifier: GPL-2.0 */
/* What the kernel tells of memory: sizes, pagemap, kpageflags, smaps, counters, log. */
#ifndef VM_UTIL_H
#define VM_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "pte_table.h"

#define THP_SYSFS	"/sys/kernel/mm/transparent_hugepage"

#define NODE_SYSFS	"/sys/devices/system/node"

#define MAX_ORDERS	16	/* room for every order up to the PMD order of any port */
#define MAX_NODES	1024	/* CONFIG_NODES_SHIFT is 10 at most */

/* Newer than the C library's headers may be. */
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ	22
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE	23
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE		25
#endif
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL	102
#endif
#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE		0x08
#endif

/* The sizes of the machine; read once, then handed around. */
struct vm_geometry {
	size_t page_size;	/* bytes */
	size_t pmd_size;	/* bytes */
	unsigned int pmd_order;
	unsigned int nr;	/* PTEs of a range */
	unsigned long orders;	/* bit mask of the orders that have a hugepages-*kB */
};

/* vm_geometry_read() - read the sizes of this machine.
 * Return: 0; -ENODEV when the kernel has no transparent huge pages (no
 * hpage_pmd_size); another negative errno when sysfs cannot be read.
 */
int vm_geometry_read(struct vm_geometry *vm);

/* size_path() - path of a file of one size under hugepages-*kB.
 * @buf: receives the path, @size bytes
 * @order: the order
 * @name: file below that folder, as "enabled" or "stats/nr_anon"
 */
void size_path(const struct vm_geometry *vm, char *buf, size_t size,
	       unsigned int order, const char *name);

/* hugetlb_path() - path of a file of one node's hugetlb pages of the PMD size.
 * @buf: receives the path, @size bytes
 * @node: number of the NUMA node
 * @name: as "nr_hugepages"
 */
void hugetlb_path(const struct vm_geometry *vm, char *buf, size_t size,
		  unsigned int node, const char *name);

/* read_text() - read a whole small file.
 * @buf: receives a string without the last newline
 * @size: of @buf, in bytes
 * Return: its length, or a negative errno; -EFBIG when it does not fit, -EINVAL when it is
 * no text: it holds a NUL byte.
 */
ssize_t read_text(const char *path, char *buf, size_t size);

/* read_ulong() - read a file that holds one decimal number.
 * Return: 0; -EINVAL when it holds something else; another negative errno.
 */
int read_ulong(const char *path, unsigned long *value);

/* What /proc/PID/stat tells of a process; proc_pid_stat(5). */
struct proc_stat {
	char comm[64];
	char state;			/* as 'S' */
	int ppid;
	unsigned long cpu;		/* clock ticks that it used */
	unsigned long long born;	/* clock ticks since boot */
	int on_cpu;			/* where it ran last, or runs */
};

/* proc_stat_read() - read it; blanks and parentheses in the name do not matter.
 * Return: 0 or a negative errno.
 */
int proc_stat_read(pid_t pid, struct proc_stat *stat);

/* meminfo_bytes() - a line of /proc/meminfo.
 * @key: as "MemAvailable"
 * Return: bytes, or 0 when there is no such line.
 */
size_t meminfo_bytes(const char *key);

/* pagemap entries; Documentation/admin-guide/mm/pagemap.rst */
#define PM_PFN_MASK		(BIT_ULL(55) - 1)
#define PM_SWAP_TYPE_MASK	(BIT_ULL(5) - 1)
#define PM_SOFT_DIRTY		BIT_ULL(55)
#define PM_UFFD_WP		BIT_ULL(57)
#define PM_GUARD_REGION		BIT_ULL(58)
#define PM_MMAP_EXCLUSIVE	BIT_ULL(56)
#define PM_SWAP			BIT_ULL(62)
#define PM_PRESENT		BIT_ULL(63)

/* pagemap_read() - pagemap entries of the calling process.
 * @start: first address
 * @nr: number of pages
 * @entries: receives one 64-bit entry a page
 * Return: 0 or a negative errno.
 */
int pagemap_read(const struct vm_geometry *vm, const char *start, unsigned int nr,
		 uint64_t *entries);

/* pagemap_shows_pfns() - does pagemap give this process page frame numbers?
 * Without CAP_SYS_ADMIN it gives zeros (fs/proc/task_mmu.c: pagemap_open()).
 */
bool pagemap_shows_pfns(const struct vm_geometry *vm);

/* pagemap_shows_soft_dirty() - does this kernel know which pages were written to? */
bool pagemap_shows_soft_dirty(const struct vm_geometry *vm);

/* kpageflags_show_pages() - does /proc/kpageflags have flags for a page in use? */
bool kpageflags_show_pages(const struct vm_geometry *vm);

/* kpageflags_know_ksm() - does /proc/kpageflags tell KSM's pages from others?
 * Not where fs/proc/page.c: stable_page_flags() tests one bit of PAGE_MAPPING_KSM that
 * every anonymous page has, as in 6.12.
 */
bool kpageflags_know_ksm(const struct vm_geometry *vm);

/* kpageflags; Documentation/admin-guide/mm/pagemap.rst */
#define KPF_LRU			5
#define KPF_SLAB		7
#define KPF_MMAP		11
#define KPF_ANON		12
#define KPF_SWAPBACKED		14
#define KPF_COMPOUND_HEAD	15
#define KPF_COMPOUND_TAIL	16
#define KPF_HUGE		17
#define KPF_UNEVICTABLE		18
#define KPF_KSM			21
#define KPF_ZERO_PAGE		24
#define KPF_PGTABLE		26
#define KPF_MLOCKED		33

/* kpageflags and kpagecount read in blocks; one object is one moment's view. */
struct page_reader;

/* page_reader_open() - start reading flags or counts of pages.
 * @path: "/proc/kpageflags" or "/proc/kpagecount"
 * Return: an object for page_reader_close(), or NULL with errno set.
 */
struct page_reader *page_reader_open(const char *path);

/* page_reader_get() - the entry of one page.
 * Return: the entry; 0 for a page frame that does not exist.
 */
uint64_t page_reader_get(struct page_reader *reader, uint64_t pfn);

void page_reader_close(struct page_reader *reader);

/* folio_of() - the folio that a page belongs to.
 * @flags: open on /proc/kpageflags
 * @pfn: the page
 * @head: receives the first page frame of the folio
 * Return: its order; a folio ends where the next page is no tail.
 */
unsigned int folio_of(struct page_reader *flags, uint64_t pfn, uint64_t *head);

/* pmd_folios_of_nobody() - compound pages of the PMD order that are neither mapped nor on an
 * LRU list, nor slab, page table or the like: on their way, or lost.
 * Return: their number, or a negative errno; -EIO when /proc/kpageflags is empty.
 */
long pmd_folios_of_nobody(const struct vm_geometry *vm);

/* What smaps tells of one address range, in bytes. */
struct smaps_sum {
	size_t rss;
	size_t referenced;
	size_t anon_huge;	/* mapped by PMDs */
	size_t lazyfree;	/* not written since MADV_FREE */
	size_t swap;
	size_t locked;
	unsigned int vma;	/* enum vma_kind, as all of its VMAs are */
	unsigned int nr_vmas;
};

/* smaps_read() - add up the VMAs that lie inside each of a set of ranges.
 * @start: addresses of the ranges, ascending, on PMD boundaries
 * @nr: number of ranges
 * @length: of each range, in bytes
 * @sums: receives one sum a range
 * Return: 0 or a negative errno. One read for all ranges.
 */
int smaps_read(char *const *start, unsigned int nr, size_t length,
	       struct smaps_sum *sums);

/* proc_kb() - a "Key:  N kB" line of a file under /proc, in bytes.
 * @path: as "/proc/self/status"
 * @key: as "RssAnon"
 * Return: 0, or -ENOENT when there is no such line, or another negative errno.
 */
int proc_kb(const char *path, const char *key, size_t *bytes);

/* The counters that a collapse moves, all system-wide. */
struct thp_counters {
	struct {
		long collapse_alloc;
		long collapse_alloc_failed;
		long exceed_none;
		long exceed_swap;
		long exceed_shared;
		long nr_anon;
		long nr_anon_partially_mapped;
		long split_deferred;
	} size[MAX_ORDERS];
	long pages_collapsed;		/* khugepaged: ranges */
	long full_scans;
	long thp_collapse_alloc;	/* vmstat */
};

/* What happens on a right kernel too, and makes a comparison say nothing. */
struct disturbances {
	long fault_failed;			/* page faults got no folio of an order */
	long collapse_failed[MAX_ORDERS];	/* nor did a collapse, by order */
	long migrated;				/* pages */
	long off_lru;	/* pages that compaction, migration or reclaim took off the LRU lists */
	long isolated;	/* of these, anonymous ones that are not back yet */
};

/* disturbances_read() - count them, since boot and system-wide.
 * @orders: bit mask of the orders whose page faults are looked at
 */
void disturbances_read(const struct vm_geometry *vm, unsigned long orders,
		       struct disturbances *disturbances);

/* thp_counters_read() - read them all; those the kernel does not have are 0. */
void thp_counters_read(const struct vm_geometry *vm, struct thp_counters *counters);

/* vmstat_value() - a line of /proc/vmstat; 0 when there is none. */
long vmstat_value(const char *key);

/* thp_events_in_vmstat() - does /proc/vmstat count collapses, CONFIG_VM_EVENT_COUNTERS? */
bool thp_events_in_vmstat(void);

/* thp_counters_since() - replace @counters by what was added since @before. */
void thp_counters_since(struct thp_counters *counters,
			const struct thp_counters *before);

/* kernel_log_count() - count log records that match.
 * @from: sequence number of the first record to look at; receives that of the next
 *        record that will be written
 * @patterns: shell patterns, as for fnmatch(3), NULL after the last
 * @found: called with each record that matches one of them; may be NULL
 * @complete: receives whether the records from @from on are all still there;
 *            may be NULL
 * Return: the number of records, or a negative errno.
 */
int kernel_log_count(uint64_t *from, const char *const *patterns,
		     void (*found)(const char *record), bool *complete);

/* Patterns of the lines in which the kernel complains about its own memory management. */
extern const char *const kernel_complaints[];

/* touch_page() - write to a page, so that it is there. */
static inline void touch_page(char *page)
{
	__atomic_store_n(page, 0, __ATOMIC_RELAXED);
}

#define NS_PER_SECOND	1000000000ULL

/* now_ns() - monotonic time. */
uint64_t now_ns(void);

/* wait_until_ns() - sleep until that is the monotonic time; nanoseconds. */
void wait_until_ns(uint64_t ns);

#endif
