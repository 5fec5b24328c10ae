/* SPDX-License-Identifier: GPL-2.0 */
/* No block, no room in the memory cgroup, two nodes: rows FAL. Included by mthp_khugepaged.c. */
#ifndef TEST_FAILURE_H
#define TEST_FAILURE_H

#include <fcntl.h>
#include <sched.h>

#include "check_counters.h"
#include "memcg.h"
#include "nodes.h"
#include "pte_read.h"
#include "pte_setup.h"
#include "suite_fixtures.h"

#define SMALL_NODE	(256UL << 20)	/* bytes; more of a node is not used up for a test */

/* The smallest node, if it is a small one and not the only one; or -1. */
static int find_small_node(void)
{
	unsigned int node, end = nodes_end();
	size_t smallest = SMALL_NODE;
	int found = -1;

	if (nodes_with_memory() == 1)
		return -1;
	for (node = 0; node < end; node++) {
		size_t bytes = nodes_bytes(node, "MemTotal");

		if (bytes && bytes < smallest) {
			smallest = bytes;
			found = node;
		}
	}
	return found;
}

#define MANY_BLOCKS	1000	/* more than a small node has */

#define PIECE		BIT(3)		/* pages; of a few, folios of order 2 can be made */
#define HELD		(32 * PIECE)	/* pages */

/* Some pages on a node that stay there, or NULL. */
static char *hold_pages(const struct vm_geometry *vm, unsigned int node)
{
	size_t size = HELD * vm->page_size;
	char *held;

	held = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (held == MAP_FAILED)
		return NULL;
	if (!madvise(held, size, MADV_NOHUGEPAGE) && !mlock(held, size) &&
	    !nodes_move(vm, held, HELD, node))
		return held;
	munmap(held, size);
	return NULL;
}

/* Every other piece: what is left keeps them from becoming a block of the PMD order. */
static void let_go_of_pieces(const struct vm_geometry *vm, char *held)
{
	size_t piece = PIECE * vm->page_size, at;

	for (at = 0; at < HELD * vm->page_size; at += 2 * piece)
		munmap(held + at, piece);
}

/* Pages that were moved may have lost their reference; mm/leafops.h: migration entries. */
static void refer_again(const struct collapse_check *check)
{
	const struct pte_table *table = check->cases[0].seen;
	const char *page = check->ranges[0].start;
	unsigned int offset;

	for (offset = 0; offset < table->nr; offset++, page += check->vm.page_size)
		if (table->pte[offset].state == PTE_PRESENT)
			(void)__atomic_load_n(page, __ATOMIC_RELAXED);
}

/*
 * After the set-up: let the pages of the range live on a node that has no free block of
 * the PMD order, since hugetlb takes all there are, but for some that are far smaller. The
 * range is mlocked, or hugetlb would take its pages too.
 */
static enum check_verdict use_up_blocks(struct collapse_check *check)
{
	unsigned int pages = pte_table_count(check->cases[0].seen, PTE_FOLIO_STATES);
	int node = find_small_node();
	long before, nr;
	char *held;

	if (node < 0) {
		check->skip_reason = "no NUMA node is small enough to be used up";
		return CHECK_SKIP;
	}
	held = hold_pages(&check->vm, node);
	if (!held || nodes_move(&check->vm, check->ranges[0].start, pages, node)) {
		check->skip_reason = "the small node has no room for a range";
		return CHECK_SKIP;
	}
	refer_again(check);
	nr = nodes_hugetlb(&check->vm, node);
	do {
		before = nr;
		nr = nodes_set_hugetlb(&check->vm, node, before + MANY_BLOCKS);
	} while (nr > before);
	if (nr < 0) {
		check->skip_reason = "no hugetlb pages of PMD size";
		return CHECK_SKIP;
	}
	let_go_of_pieces(&check->vm, held);
	/* Both make the kernel compact that node, for a while longer than the calls last. */
	wait_for_rest(&check->vm);
	return check_read_back(check);
}

/*
 * Run the cases while the small node, where the first one lives, has no free block of the PMD
 * order; then give the node its hugetlb pool back, for the tests that follow.
 */
static enum check_verdict run_without_blocks(struct collapse_check *check,
					     enum check_verdict (*use_up)(struct collapse_check *),
					     enum check_verdict (*run)(struct collapse_check *))
{
	int node = find_small_node();
	long pool = nodes_hugetlb(&check->vm, node);
	enum check_verdict verdict;

	check->after_lay_out = use_up;
	check->cases[0].no_block_orders = BIT(check->vm.pmd_order);
	verdict = run(check);
	nodes_set_hugetlb(&check->vm, node, pool);
	return verdict;
}

static enum check_verdict run_and_count(struct collapse_check *check)
{
	return check_count(check, check_wrong_counters);
}

/* FAL-1: with no free block of an order this is counted, and smaller sizes are tried. */
TEST_ROWS(collapse, no_block_of_pmd_order, "FAL-1 DAT-4")
{
	struct collapse_check *check = &self->check;

	SKIP_WITHOUT_MTHP();
	check_sizes(check, BIT(2) | BIT(check->vm.pmd_order));
	check->settings.no_defrag = true;
	check_case(check, "L: p*13 .~", "L: p2*4 .~");
	CHECK(run_without_blocks(check, use_up_blocks, run_and_count));
}

/*
 * FAL-1: and khugepaged pauses, whatever became of the smaller sizes; mm/khugepaged.c:
 * khugepaged_do_scan(), khugepaged_alloc_sleep().
 */
TEST_ROWS(collapse, no_block_pauses_khugepaged, "FAL-1")
{
	struct collapse_check *check = &self->check;
	unsigned int kicks = check->khugepaged.kicks;

	SKIP_WITHOUT_MTHP();
	check_sizes(check, BIT(2) | BIT(check->vm.pmd_order));
	check->settings.max_ptes_none = check->vm.nr - 2;
	check->settings.no_defrag = true;
	check->settings.long_alloc_sleep = true;
	/* One region of order 2 is full, and idle: it is tried, and given up. */
	check_case(check, "L: u*4 p .~", "L: u*4 p .~");
	CHECK(run_without_blocks(check, use_up_blocks, check_run));
	/* Without a pause each scan takes one. */
	EXPECT_LT(check->passes, check->khugepaged.kicks - kicks);
}

/*
 * The same, and no free page either: of them compaction would make a block. What fills
 * the node is mlocked, and given back when the test is over.
 */
static enum check_verdict use_up_pages(struct collapse_check *check)
{
	const unsigned int chunk = 64;
	int node = find_small_node();
	size_t size, done, step = chunk * check->vm.page_size;
	enum check_verdict verdict;
	char *filler;

	verdict = use_up_blocks(check);
	if (verdict)
		return verdict;
	size = nodes_bytes(node, "MemFree") / step * step;
	filler = mmap(NULL, size + step, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (filler == MAP_FAILED || mlock2(filler, size + step, MLOCK_ONFAULT))
		return CHECK_FAIL;
	madvise(filler, size + step, MADV_NOHUGEPAGE);
	for (done = 0; done < size; done += step)
		if (madvise(filler + done, step, MADV_POPULATE_WRITE) ||
		    nodes_move(&check->vm, filler + done, chunk, node))
			break;
	wait_for_rest(&check->vm);
	return CHECK_PASS;
}

/* MAD-2: ENOMEM, there is no free block, and none can be made. */
TEST_ROWS(collapse, madvise_enomem, "MAD-2 FAL-1")
{
	struct collapse_check *check = &self->check;

	check->forced = true;
	check_case(check, "L: p~", "L: p~")->forced_errno = ENOMEM;
	CHECK(run_without_blocks(check, use_up_pages, check_run));
}

/* Two nodes with room for some ranges. */
static bool find_two_nodes(const struct vm_geometry *vm, unsigned int nodes[2])
{
	unsigned int node, found = 0, end = nodes_end();

	for (node = 0; node < end && found < 2; node++)
		if (nodes_bytes(node, "MemFree") > SMALL_NODE && vm->pmd_size < SMALL_NODE / 4)
			nodes[found++] = node;
	return found == 2;
}

/* Is every page of a range on this node? */
static bool all_on_node(const struct collapse_check *check, unsigned int nr, unsigned int node)
{
	char *page = check->ranges[nr].start;
	unsigned int i, elsewhere = 0;

	for (i = 0; i < check->vm.nr; i++, page += check->vm.page_size)
		elsewhere += nodes_of(page) != (int)node;
	if (elsewhere)
		check_printf("case %u: %u pages are not on node %u", nr + 1, elsewhere, node);
	return !elsewhere;
}

/* Lay out two full ranges: of one the larger part is on the one node, of the other not. */
static enum check_verdict lay_out_on_nodes(struct collapse_check *check,
					   const unsigned int nodes[2])
{
	unsigned int i, more = check->vm.nr / 2 + 1;
	enum check_verdict verdict = check_lay_out(check);

	for (i = 0; i < 2 && !verdict; i++) {
		char *start = check->ranges[i].start;

		if (nodes_move(&check->vm, start, more, nodes[i]) ||
		    nodes_move(&check->vm, start + more * check->vm.page_size,
			       check->vm.nr - more, nodes[!i])) {
			check->skip_reason = "pages cannot be moved to a node";
			return CHECK_SKIP;
		}
	}
	return verdict ?: check_read_back(check);
}

/* FAL-3: the new folio is on the node of most pages of the range. */
TEST_ROWS(collapse, folio_is_on_the_node_of_most, "FAL-3")
{
	struct collapse_check *check = &self->check;
	unsigned int nodes[2];

	if (!find_two_nodes(&check->vm, nodes))
		SKIP(return, "no two NUMA nodes with memory");
	check_sizes(check, BIT(check->vm.pmd_order));
	check_case(check, "p~", "H");
	check_case(check, "p~", "H");
	CHECK(lay_out_on_nodes(check, nodes));
	CHECK(check_collapse(check));
	EXPECT_TRUE(all_on_node(check, 0, nodes[0]));
	EXPECT_TRUE(all_on_node(check, 1, nodes[1]));
	range_area_unmap(&check->area);

	if (suite.generation == GEN_NONE)
		return;
	check_sizes(check, BIT(4));
	check_literal(check, 0, "p4~");
	check_literal(check, 1, "p4~");
	CHECK(lay_out_on_nodes(check, nodes));
	CHECK(check_collapse(check));
	EXPECT_TRUE(all_on_node(check, 0, nodes[0]));
	EXPECT_TRUE(all_on_node(check, 1, nodes[1]));
}

/*
 * A process in a memory cgroup that is full: it has a range that khugepaged would
 * collapse, and does nothing itself.
 */
struct passive {
	struct memcg memcg;
	pid_t pid;
	int answer[2];		/* from it: a byte when it is set up, and for each question */
	int ask[2];		/* to it: PASSIVE_LOOK or PASSIVE_COLLAPSE */
};

#define PASSIVE_LOOK		'l'	/* is your memory as it was? 1 or 0 */
#define PASSIVE_COLLAPSE	'c'	/* MADV_COLLAPSE; the errno */

/* In the child: 1 if its range still looks as it did. */
static char still_untouched(const struct range *range, const struct pte_table *wanted,
			    struct pte_table *seen)
{
	struct setup_error error;

	if (pte_read_back(&suite.vm, range, 1, &seen, &error)) {
		check_print(error.what);
		return 0;
	}
	if (!pte_table_equal(wanted, seen))
		pte_table_draw(wanted, seen, check_print);
	return pte_table_equal(wanted, seen) &&
	       !range_check_data(&suite.vm, range, seen, sizeof(uint64_t), &error);
}

static void be_passive(struct passive *passive)
{
	struct pte_table *wanted = pte_table_alloc(suite.vm.pmd_order);
	struct pte_table *seen = pte_table_alloc(suite.vm.pmd_order);
	struct range range = { .wanted = wanted };
	struct notation_error notation;
	struct range_area area;
	struct setup_error error;
	char byte;

	if (!wanted || !seen || memcg_join(&passive->memcg) ||
	    pte_table_parse(wanted, "p~", &notation) ||
	    range_area_map(&suite.vm, &area, &range, 1) ||
	    pte_setup(&suite.vm, &area, &error) ||
	    !still_untouched(&range, wanted, seen) ||
	    madvise(range.start, suite.vm.pmd_size, MADV_HUGEPAGE))
		_exit(1);
	for (byte = 1; write(passive->answer[1], &byte, 1) == 1; ) {
		if (read(passive->ask[0], &byte, 1) != 1)
			break;
		if (byte == PASSIVE_LOOK)
			byte = still_untouched(&range, wanted, seen);
		else
			byte = madvise(range.start, suite.vm.pmd_size, MADV_COLLAPSE) ? errno : 0;
	}
	_exit(0);
}

static bool start_passive(struct passive *passive)
{
	char byte;

	if (pipe2(passive->answer, O_CLOEXEC) || pipe2(passive->ask, O_CLOEXEC))
		return false;
	passive->pid = fork();
	if (!passive->pid) {
		close(passive->answer[0]);
		close(passive->ask[1]);
		be_passive(passive);
	}
	close(passive->answer[1]);
	close(passive->ask[0]);
	return passive->pid > 0 && read(passive->answer[0], &byte, 1) == 1;
}

/* What it answers, or -1 if it is dead. */
static int ask_passive(struct passive *passive, char question)
{
	char byte;

	if (write(passive->ask[1], &question, 1) != 1 || read(passive->answer[0], &byte, 1) != 1)
		return -1;
	return byte;
}

/* Did it live through it, and is its memory as it was? */
static bool passive_is_untouched(struct passive *passive)
{
	/* To look costs it memory. */
	memcg_set(&passive->memcg, "memory.max", "max");
	return ask_passive(passive, PASSIVE_LOOK) == 1;
}

static int stay_on_this_cpu(void)
{
	cpu_set_t cpus;
	int cpu = sched_getcpu();

	if (cpu < 0)
		return -errno;
	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	return sched_setaffinity(0, sizeof(cpus), &cpus) ? -errno : 0;
}

/* Folios that were allocated beyond what the model predicts of our own ranges. */
static long tries(const struct collapse_check *check)
{
	unsigned int order;
	long more = 0;

	for (order = 2; order <= check->vm.pmd_order; order++)
		more += check->moved.size[order].collapse_alloc - check->counts.alloc[order];
	return more;
}

#define PANIC_ON_ANY_OOM	2	/* Documentation/admin-guide/sysctl/vm.rst */

/* Put a process with memory into a cgroup, and let that have not a page more. */
static enum check_verdict fill_memcg(struct collapse_check *check, struct passive *passive)
{
	unsigned long panic = 0;
	int err;

	/* The OOM killer is what SUS-3 is about. */
	if (!read_ulong("/proc/sys/vm/panic_on_oom", &panic) && panic == PANIC_ON_ANY_OOM) {
		check->skip_reason = "vm.panic_on_oom: an OOM in a cgroup panics this machine";
		return CHECK_SKIP;
	}
	check->skip_reason = memcg_make(&passive->memcg);
	if (check->skip_reason)
		return CHECK_SKIP;
	/* Before there is memory of ours that it would share. */
	err = start_passive(passive) ? 0 : -ECHILD;
	err = err ?: memcg_set_tight(&passive->memcg);
	if (!err && memcg_value(&passive->memcg, "memory.events", "oom_kill"))
		err = -ENOMEM;
	if (err)
		check_printf("the process in the memory cgroup: %s", strerror(-err));
	return err ? CHECK_FAIL : CHECK_PASS;
}

/*
 * Let khugepaged try a range of a process whose memory cgroup is full. The canary is
 * outside of it.
 */
static enum check_verdict try_in_full_memcg(struct collapse_check *check,
					    struct passive *passive, unsigned long orders)
{
	enum check_verdict verdict;
	long met;
	int err;

	/* So that nobody else holds charges of the cgroup in stock, see memcg_set_tight(). */
	err = stay_on_this_cpu();
	if (err) {
		check_printf("sched_setaffinity: %s", strerror(-err));
		return CHECK_FAIL;
	}
	verdict = fill_memcg(check, passive);
	if (verdict)
		return verdict;
	met = memcg_value(&passive->memcg, "memory.events", "max");
	check_sizes(check, orders);
	check->settings.max_ptes_none = 0;
	check->measure = true;
	check_case(check, "p .~", "p .~");
	verdict = check_lay_out(check) ?: check_collapse(check);
	if (verdict)
		return verdict;
	/* A charge that may not reclaim is not told as an event; then the tries are. */
	if (check->settings.no_defrag)
		met = -tries(check);
	else
		met -= memcg_value(&passive->memcg, "memory.events", "max");
	if (met < 0)
		return CHECK_PASS;
	check_print("nothing was tried for the process in the memory cgroup");
	return CHECK_FAIL;
}

/* FAL-2: a charge beyond the limit of the memory cgroup fails, and changes nothing. */
TEST_ROWS(collapse, full_memcg_keeps_memory, "FAL-2")
{
	struct collapse_check *check = &self->check;
	struct passive passive;

	CHECK(try_in_full_memcg(check, &passive, suite_orders() & ~(BIT(2) | BIT(3))));
	EXPECT_EQ(0, memcg_value(&passive.memcg, "memory.events", "oom_kill"));
	EXPECT_TRUE(passive_is_untouched(&passive));
}

/* MAD-2: EBUSY, the memory cgroup is full. */
TEST_ROWS(collapse, madvise_ebusy_of_full_memcg, "MAD-2 FAL-2")
{
	struct collapse_check *check = &self->check;
	struct passive passive;

	ASSERT_EQ(0, stay_on_this_cpu());
	CHECK(fill_memcg(check, &passive));
	EXPECT_EQ(EBUSY, ask_passive(&passive, PASSIVE_COLLAPSE));
	EXPECT_EQ(0, memcg_value(&passive.memcg, "memory.events", "oom_kill"));
	EXPECT_TRUE(passive_is_untouched(&passive));
}

/* FAL-2: the folio that could not be charged is given back. */
TEST_ROWS(collapse, full_memcg_keeps_no_folio, "FAL-2")
{
	struct collapse_check *check = &self->check;
	const unsigned int tries = 4;
	struct passive passive;
	long before, after;
	unsigned int i;

	ASSERT_EQ(0, stay_on_this_cpu());
	CHECK(fill_memcg(check, &passive));
	before = pmd_folios_of_nobody(&check->vm);
	ASSERT_LE(0, before);
	for (i = 0; i < tries; i++)
		EXPECT_EQ(EBUSY, ask_passive(&passive, PASSIVE_COLLAPSE));
	after = pmd_folios_of_nobody(&check->vm);
	ASSERT_LE(0, after);
	/* Some may be on their way at this moment, but not one for each try. */
	EXPECT_GT(before + tries, after);
}

/* FAL-2: so for orders 2 and 3, as long as khugepaged does not reclaim. */
TEST_ROWS(collapse, full_memcg_keeps_memory_without_defrag, "FAL-2")
{
	struct collapse_check *check = &self->check;
	struct passive passive;

	SKIP_WITHOUT_MTHP();
	check->settings.no_defrag = true;
	CHECK(try_in_full_memcg(check, &passive, BIT(2) | BIT(3)));
	EXPECT_EQ(0, memcg_value(&passive.memcg, "memory.events", "oom_kill"));
	EXPECT_TRUE(passive_is_untouched(&passive));
}

/*
 * SUS-3, FAL-2: and if it does, no process is killed for it. One is:
 * docs/findings/collapse-invokes-oom-killer.md.
 */
TEST_ROWS(collapse, full_memcg_kills_nobody, "SUS-3 FAL-2")
{
	struct collapse_check *check = &self->check;
	struct passive passive;
	long killed;

	SKIP_WITHOUT_MTHP();
	CHECK(try_in_full_memcg(check, &passive, BIT(2) | BIT(3)));
	killed = memcg_value(&passive.memcg, "memory.events", "oom_kill");
	if (killed > 0) {
		check_printf("memory.events: oom_kill %ld", killed);
		XFAIL(return, "khugepaged has a passive process killed for want of a larger folio");
	}
	EXPECT_TRUE(passive_is_untouched(&passive));
}

#endif
