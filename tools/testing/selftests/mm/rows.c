// SPDX-License-Identifier: GPL-2.0
/* Rows and the tests that check them; see rows.h. */
#include <stdio.h>
#include <string.h>

#include "kselftest.h"
#include "rows.h"

const struct row rows[] = {
	{ "SAN-1", "a page fault gives a folio of the one size that is on" },

	{ "ORD-1", "one size on, a full range: every folio has that order" },
	{ "ORD-2", "several sizes on: the largest that fits wins" },
	{ "ORD-3", "after a small region, the next aligned offset tries the larger orders again" },
	{ "ORD-4", "PMD size off, smaller sizes on: collapses to those, never to PMD" },
	{ "ORD-5", "always, madvise, inherit and never of each size" },
	{ "ORD-6", "one complete scan does every region of the range" },
	{ "ORD-7", "folios are contiguous, naturally aligned, and one per region" },
	{ "ORD-8", "file and shared memory: never a folio below the PMD order" },

	{ "OCC-1", "max_ptes_none 0: one hole no, none yes" },
	{ "OCC-2", "max_ptes_none NR-1: one present PTE is enough, an empty region stays empty" },
	{ "OCC-3", "max_ptes_none between: mTHP as if 0, and one warning per boot" },
	{ "OCC-4", "the PMD order keeps its real limit with other sizes on" },
	{ "OCC-5", "an empty range: nothing appears" },
	{ "OCC-6", "zero pages, KSM's too, count as empty and are replaced when collapsed" },

	{ "VET-1", "a pinned page ends the scan until it is released" },
	{ "VET-2", "a clean lazyfree page ends the scan; droppable memory stays droppable" },
	{ "VET-3", "a PTE that userfaultfd write-protects ends the scan, and keeps its mark" },
	{ "VET-4", "more than max_ptes_shared shared PTEs end the scan" },
	{ "VET-5", "more than max_ptes_swap swapped PTEs, or one among few referenced, end it" },
	{ "VET-6", "without a referenced page, no scan goes on and no region is collapsed" },

	{ "REG-1", "a region with a swapped PTE is not collapsed, its neighbours are" },
	{ "REG-2", "the PMD order swaps in up to max_ptes_swap pages" },
	{ "REG-3", "a region with a shared PTE is not collapsed, its neighbours are" },
	{ "REG-4", "already a folio of this order or larger: left alone" },
	{ "REG-5", "smaller folios merge, a misaligned source becomes partially mapped" },
	{ "REG-6", "userfaultfd-armed: holes are never filled, and still raise their event" },
	{ "REG-7", "guard regions survive and still fault, regions beside them collapse" },
	{ "REG-8", "mlocked memory collapses and stays locked" },
	{ "REG-9", "read-only and PROT_NONE mappings collapse and stay so" },
	{ "REG-10", "KSM: merged pages are shared, a lone KSM page is copied out" },
	{ "REG-11", "soft-dirty: a page written since clear_refs is never reported clean" },

	{ "SHR-1", "fork: nothing is collapsed while the child maps it, all after its exit" },
	{ "SHR-2", "partly CoWed: private regions collapse, shared ones do not, no page more" },
	{ "SHR-3", "a folio with any part shared counts as shared at each PTE" },
	{ "SHR-4", "half of a PMD folio shared: what the kernel takes it for, and the cost" },
	{ "SHR-5", "after a collapse every PTE is exclusive, every page mapped once" },
	{ "SHR-6", "hugetlb and KSM memory next to the range is untouched" },

	{ "VMA-1", "the VMA must span the whole aligned range" },
	{ "VMA-2", "MADV_NOHUGEPAGE and prctl(PR_SET_THP_DISABLE) keep memory as it is" },
	{ "VMA-3", "sizes switched on after the memory was touched: what starts the scan" },

	{ "MAD-1", "MADV_COLLAPSE gives PMD folios only, ignores sizes and limits" },
	{ "MAD-2", "MADV_COLLAPSE says EINVAL, ENOMEM, EBUSY, EAGAIN for their causes" },
	{ "MAD-3", "MADV_COLLAPSE turns smaller mTHPs into one PMD folio" },

	{ "INP-1", "a PMD folio that was split and merged again: in place or copied" },
	{ "INP-2", "the same after a part was given back and touched again" },
	{ "INP-3", "the same after swap-out and refault" },
	{ "INP-4", "the same while pinned: never a copy" },

	{ "DAT-1", "every byte before is every byte after; filled holes read zero" },
	{ "DAT-2", "Rss grows by exactly the filled holes" },
	{ "DAT-3", "AnonHugePages and thp_collapse_alloc for PMD only; nr_anon by the folios" },
	{ "DAT-4", "collapse_alloc counts tries, collapse_exceed_* only their cause" },
	{ "DAT-5", "the trace events carry the order and the result" },
	{ "DAT-6", "young after the collapse" },
	{ "DAT-7", "what is given back of a folio is freed at the next pressure" },

	{ "CRP-1", "at a fixed setting, further scans change nothing" },
	{ "CRP-2", "max_ptes_none 0: Rss never grows by a collapse" },
	{ "CRP-3", "filled holes never promote a region; a larger size does, if the rule holds" },
	{ "CRP-4", "a limit between 0 and NR-1 lets nothing creep up (in v10 it did)" },

	{ "FAL-1", "no free block of the order: counted, smaller sizes are tried" },
	{ "FAL-2", "memory cgroup full: the charge fails, nothing changes, nobody is killed" },
	{ "FAL-3", "the new folio is on the node of most of the range's pages" },

	{ "RAC-1", "a write that comes while its page is collapsed is not lost" },
	{ "RAC-2", "parent and child keep apart what they write; what is shared is not collapsed" },
	{ "RAC-3", "what is given back reads zero, and is not filled again by itself" },
	{ "RAC-4", "a new mapping has nothing of the old one; no write through read-only" },
	{ "RAC-5", "what is moved takes its data along" },
	{ "RAC-6", "what a device writes to a pinned page is where the process looks" },
	{ "RAC-7", "what is swapped out meanwhile comes back as it was" },
	{ "RAC-8", "migration, compaction, KSM and clear_refs meet no missing PTE" },
	{ "RAC-9", "no page that is there looks empty to who walks the page table" },
	{ "RAC-10", "userfaultfd loses no event" },
	{ "RAC-11", "processes end, settings flip; after one full scan never means never" },

	{ "SUS-1", "a collapse of read-only memory keeps soft-dirty" },
	{ "SUS-2", "a guard region with the PMD size on leaves the smaller sizes their chance" },
	{ "SUS-3", "a collapse to order 2 or 3 in a full memory cgroup kills nobody" },
	{ NULL, NULL }
};

static const struct {
	const char *prefix;
	const char *category;
} categories[] = {
	{ "SAN-", "sanity" },
	{ "ORD-", "order" },
	{ "OCC-", "occupancy" },
	{ "VET-", "veto" },
	{ "REG-", "region" },
	{ "SHR-", "sharing" },
	{ "VMA-", "vma" },
	{ "MAD-", "madvise" },
	{ "INP-", "inplace" },
	{ "DAT-", "memory" },
	{ "CRP-", "creep" },
	{ "FAL-", "failure" },
	{ "SUS-", "suspect" },
	{ "RAC-", "race" },
	{ "EXP-", "explore" },
};

#define MAX_TESTS	256

static struct {
	const char *name;
	const char *ids;
} tests[MAX_TESTS];

static unsigned int nr_tests;

void rows_of_test(const char *test, const char *ids)
{
	if (nr_tests == MAX_TESTS)
		__builtin_trap();
	tests[nr_tests].name = test;
	tests[nr_tests++].ids = ids;
}

bool rows_has_test(const char *test)
{
	unsigned int i;

	for (i = 0; i < nr_tests; i++)
		if (!strcmp(tests[i].name, test))
			return true;
	return false;
}

/* Does a list of ids hold @id, or with @prefix one that begins with it? */
static bool has_id(const char *ids, const char *id, bool prefix)
{
	size_t len = strlen(id);

	while (*ids) {
		size_t word = strcspn(ids, " ");

		if (!strncmp(ids, id, len) && (prefix || word == len))
			return true;
		ids += word;
		ids += strspn(ids, " ");
	}
	return false;
}

static bool row_exists(const char *id, size_t len)
{
	const struct row *row;

	for (row = rows; row->id; row++)
		if (strlen(row->id) == len && !strncmp(row->id, id, len))
			return true;
	return false;
}

bool rows_each_test(const char *id, void (*found)(const char *test, void *arg), void *arg)
{
	bool known = row_exists(id, strlen(id)), prefix = false;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(categories) && !known; i++) {
		if (!strcmp(categories[i].category, id)) {
			id = categories[i].prefix;
			known = true;
			prefix = true;
		}
	}
	for (i = 0; i < nr_tests && known; i++)
		if (has_id(tests[i].ids, id, prefix))
			found(tests[i].name, arg);
	return known;
}

unsigned int rows_nr_of(const char *test)
{
	unsigned int i, nr = 0;
	char first[16] = "";

	for (i = 0; i < nr_tests; i++)
		if (!strcmp(tests[i].name, test))
			sscanf(tests[i].ids, "%15s", first);
	for (i = 0; i < nr_tests; i++)
		nr += has_id(tests[i].ids, first, false);
	return nr ?: 1;
}

void rows_print(void)
{
	const struct row *row;
	unsigned int i;

	for (row = rows; row->id; row++)
		for (i = 0; i < nr_tests; i++)
			if (has_id(tests[i].ids, row->id, false))
				printf("%s\t%s\t%s\n", row->id, tests[i].name, row->title);
}

bool rows_are_known(void)
{
	unsigned int i;
	bool good = true;

	for (i = 0; i < nr_tests; i++) {
		const char *ids = tests[i].ids;

		while (*ids) {
			size_t word = strcspn(ids, " ");

			if (!row_exists(ids, word)) {
				fprintf(stderr, "%s checks %.*s, which is no row\n",
					tests[i].name, (int)word, ids);
				good = false;
			}
			ids += word;
			ids += strspn(ids, " ");
		}
	}
	return good;
}

void rows_print_categories(void)
{
	unsigned int i, test;

	for (i = 0; i < ARRAY_SIZE(categories); i++) {
		for (test = 0; test < nr_tests; test++)
			if (has_id(tests[test].ids, categories[i].prefix, true))
				break;
		if (test < nr_tests)
			puts(categories[i].category);
	}
}
