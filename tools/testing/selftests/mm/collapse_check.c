// SPDX-License-Identifier: GPL-2.0
/* The flow of a test; see collapse_check.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "collapse_check.h"
#include "pte_read.h"
#include "pte_setup.h"

#define CACHE_LINE	64			/* bytes */
#define READ_ATTEMPTS	5
#define FORCE_ATTEMPTS	5
#define MAX_MEMORY	(384UL << 20)		/* bytes of one batch, if that is four ranges */

enum generation generation_detect(const struct vm_geometry *vm)
{
	unsigned long value;
	char path[128];

	size_path(vm, path, sizeof(path), vm->pmd_order, "stats/collapse_exceed_none_pte");
	return read_ulong(path, &value) ? GEN_NONE : GEN_MAINLINE;
}

void check_print(const char *line)
{
	printf("# %s\n", line);
	fflush(stdout);
}

void check_printf(const char *format, ...)
{
	char line[2048];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	check_print(line);
}

const char *check_text(struct collapse_check *check, const char *format, ...)
{
	char *text = check->texts[check->next_text++ % CHECK_TEXTS];
	va_list args;

	va_start(args, format);
	if (vsnprintf(text, CHECK_TEXT_SIZE, format, args) >= CHECK_TEXT_SIZE)
		check->broken = "notation too long";
	va_end(args);
	return text;
}

/* Add the time since @start to one of the figures. */
static void add_time(struct collapse_check *check, enum check_time which, uint64_t start)
{
	if (check->figures)
		check->figures->ns[which] += now_ns() - start;
}

void check_sizes(struct collapse_check *check, unsigned long orders)
{
	unsigned int order;

	for (order = 0; order <= check->vm.pmd_order; order++)
		check->settings.size[order] = orders & BIT(order) ? THP_MADVISE : THP_NEVER;
}

static struct pte_table *parse(struct collapse_check *check, const char *notation)
{
	struct pte_table *table = pte_table_alloc(check->vm.pmd_order);
	struct notation_error error;

	if (table && !pte_table_parse(table, notation, &error))
		return table;
	check_printf("bad notation: %s", notation);
	check_printf("              %*s^ %s", table ? (int)error.at : 0, "",
		     table ? error.why : "out of memory");
	check->broken = "bad notation";
	return table;
}

struct check_case *check_case(struct collapse_check *check, const char *notation,
			      const char *literal)
{
	struct check_case *c = &check->cases[check->nr_cases];

	if (check->nr_cases + 1 < CHECK_MAX_CASES)
		check->nr_cases++;	/* the last one is the canary's */
	else
		check->broken = "too many cases in one test";
	*c = (struct check_case){
		.notation = strdup(notation),
		.literal = literal ? strdup(literal) : NULL,
		.wanted = parse(check, notation),
		.expected = pte_table_alloc(check->vm.pmd_order),
		.seen = pte_table_alloc(check->vm.pmd_order),
		.pfns = calloc(check->vm.nr, sizeof(*c->pfns)),
		.advice = ADVISE_HUGEPAGE,
	};
	if (!c->notation || !c->literal != !literal || !c->wanted || !c->expected ||
	    !c->seen || !c->pfns)
		check->broken = "out of memory";
	return c;
}

void check_literal(struct collapse_check *check, unsigned int nr, const char *literal)
{
	free(check->cases[nr].literal);
	check->cases[nr].literal = strdup(literal);
	if (!check->cases[nr].literal)
		check->broken = "out of memory";
}

void check_alternative(struct collapse_check *check, unsigned int nr, const char *notation)
{
	free(check->cases[nr].alternative);
	check->cases[nr].alternative = parse(check, notation);
}

static enum check_verdict report_broken(struct collapse_check *check)
{
	if (check->broken)
		check_printf("the test itself is broken: %s", check->broken);
	return check->broken ? CHECK_FAIL : CHECK_PASS;
}

static enum check_verdict apply(struct collapse_check *check,
				const struct thp_settings *settings)
{
	struct knob_error error;

	if (!thp_settings_apply(&check->vm, settings, &error))
		return CHECK_PASS;
	check_printf("%s %s", error.path, error.what);
	return CHECK_FAIL;
}

static enum check_verdict wait_for_scans(struct collapse_check *check, unsigned int passes)
{
	uint64_t start = now_ns();
	int err;

	err = khugepaged_scan(&check->khugepaged, passes);
	add_time(check, TIME_KHUGEPAGED, start);
	if (!err)
		return CHECK_PASS;
	if (err == -ETIMEDOUT)
		check_printf("khugepaged is dead: no complete scan, full_scans stands still (%s)",
			     khugepaged_find() ? "its thread is there" : "there is no such thread");
	else if (err == -EBUSY)
		check_print("khugepaged was at work for a minute and completed no scan");
	else
		check_printf("khugepaged cannot be made to scan: %s", strerror(-err));
	return CHECK_FAIL;
}

/*
 * For the time of a set-up: these sizes for advised memory only, and no hole is
 * filled, also of other processes. Never none: khugepaged would be stopped.
 */
static struct thp_settings quiet_settings(const struct vm_geometry *vm, unsigned long orders)
{
	struct thp_settings quiet;

	quiet = thp_settings_of(vm, orders ?: BIT(vm->pmd_order), THP_MADVISE);
	quiet.max_ptes_none = 0;
	return quiet;
}

static unsigned long orders_on(const struct collapse_check *check)
{
	unsigned long orders = 0;
	unsigned int order;

	for (order = 0; order <= check->vm.pmd_order; order++)
		if (check->settings.size[order] != THP_NEVER)
			orders |= BIT(order);
	return orders;
}

/*
 * With a process on its list khugepaged sleeps between scans; with none it would
 * scan as soon as one comes, at a time that is not ours.
 */
static enum check_verdict settle(struct collapse_check *check)
{
	struct range anchor = { 0 };
	struct range_area area;
	enum check_verdict verdict = CHECK_FAIL;

	if (range_area_map(&check->vm, &area, &anchor, 1)) {
		check_printf("no room in the address space: %s", strerror(errno));
		return CHECK_FAIL;
	}
	if (mprotect(anchor.start, check->vm.pmd_size, PROT_READ | PROT_WRITE)) {
		check_printf("mprotect: %s", strerror(errno));
		goto out;
	}
	touch_page(anchor.start);
	if (madvise(anchor.start, check->vm.pmd_size, MADV_HUGEPAGE))
		check_printf("MADV_HUGEPAGE: %s", strerror(errno));
	else
		verdict = wait_for_scans(check, 1);
out:
	range_area_unmap(&area);
	return verdict;
}

enum check_verdict check_begin(struct collapse_check *check, const struct vm_geometry *vm,
			       enum generation generation, const char *test,
			       struct check_figures *figures)
{
	struct thp_settings quiet = quiet_settings(vm, 0);
	uint64_t start = now_ns();
	enum check_verdict verdict;

	memset(check, 0, sizeof(*check));
	check->vm = *vm;
	check->generation = generation;
	check->settings = thp_settings_of(vm, 0, THP_NEVER);
	check->passes = 2;
	snprintf(check->test, sizeof(check->test), "%s", test);
	check->figures = figures;
	verdict = apply(check, &quiet) ?: settle(check);
	add_time(check, TIME_TOTAL, start);
	return verdict;
}

/* How many ranges one batch may have; a collapse takes the size of one more. */
static unsigned int capacity(const struct collapse_check *check)
{
	size_t memory = meminfo_bytes("MemAvailable") / 2;
	size_t limit = 4 * check->vm.pmd_size, ranges;

	if (limit < MAX_MEMORY)
		limit = MAX_MEMORY;
	if (memory > limit)
		memory = limit;
	ranges = memory / check->vm.pmd_size;
	ranges -= !!ranges;
	return ranges < CHECK_MAX_CASES ? ranges : CHECK_MAX_CASES;
}

static void print_set_up(const struct check_case *c)
{
	static const char *const advice[] = {
		[ADVISE_HUGEPAGE] = "",
		[ADVISE_NOTHING] = "  (not advised)",
		[ADVISE_NOHUGEPAGE] = "  (MADV_NOHUGEPAGE)",
	};

	check_printf("set up:   %s%s%s", c->notation, advice[c->advice],
		     c->shape == RANGE_WHOLE ? "" : "  (VMA does not span the range)");
}

static void print_settings(const struct collapse_check *check)
{
	char text[1024];

	thp_settings_describe(&check->vm, &check->settings, text, sizeof(text));
	check_printf("settings: %s", text);
	check_printf("collapse: %s, rules of %s",
		     check->forced ? "MADV_COLLAPSE" : "khugepaged",
		     generation_names[check->generation]);
}

static void print_replay(const struct collapse_check *check)
{
	check_printf("replay:   ./mthp_khugepaged %s", check->test);
}

void check_print_cases(const struct collapse_check *check)
{
	unsigned int i;

	for (i = 0; i < check->nr_cases; i++)
		print_set_up(&check->cases[i]);
	print_settings(check);
	print_replay(check);
}

static void print_failure(const struct collapse_check *check, const struct check_case *c,
			  const char *what)
{
	check_print(what);
	print_set_up(c);
	print_settings(check);
}

static void print_table(const char *label, const struct pte_table *table)
{
	char text[1024];
	size_t length;

	length = pte_table_format(table, text, sizeof(text));
	check_printf("%-9s %s%s", label, text, length < sizeof(text) ? "" : " ...");
}

static void print_mismatch(const struct collapse_check *check, const struct check_case *c,
			   const char *what, const struct pte_table *expected,
			   const struct pte_table *seen)
{
	print_failure(check, c, what);
	print_table("expected:", expected);
	print_table("seen:", seen);
	pte_table_draw(expected, seen, check_print);
	print_replay(check);
}

/* The table that the test says must come out; the model has to agree with it. */
static enum check_verdict compare_literal(struct collapse_check *check,
					  const struct check_case *c)
{
	enum check_verdict verdict = CHECK_PASS;
	struct pte_table *literal;

	if (!c->literal || check->generation == GEN_V10)
		return CHECK_PASS;
	literal = parse(check, c->literal);
	if (report_broken(check)) {
		verdict = CHECK_FAIL;
	} else if (!pte_table_equal(literal, c->expected)) {
		print_mismatch(check, c, "the model (seen) contradicts the test (expected)",
			       literal, c->expected);
		verdict = CHECK_FAIL;
	}
	free(literal);
	return verdict;
}

static enum check_verdict predict(struct collapse_check *check, struct check_case *c)
{
	unsigned int pass;
	struct collapse_rules rules = {
		.generation = check->generation,
		.forced = check->forced,
		.one_vma = c->shape == RANGE_WHOLE,
		.refused = c->advice == ADVISE_NOHUGEPAGE,
		.no_table = !c->table_exists &&
			    pte_table_count(c->seen, BIT(PTE_EMPTY)) == check->vm.nr,
		.orders = thp_settings_orders(&check->vm, &check->settings,
					      c->advice == ADVISE_HUGEPAGE),
		.no_block_orders = c->no_block_orders,
		.always_orders = thp_settings_orders(&check->vm, &check->settings, false),
		.max_ptes_none = check->settings.max_ptes_none,
		.max_ptes_swap = check->settings.max_ptes_swap,
		.max_ptes_shared = check->settings.max_ptes_shared,
	};

	pte_table_copy(c->expected, c->seen);
	for (pass = 0; pass < (check->forced ? 1 : check->passes); pass++)
		collapse_model(c->expected, &rules, &check->counts);
	return compare_literal(check, c);
}

static struct check_case *case_of(struct collapse_check *check, unsigned int range)
{
	bool canary = range + 1 == check->nr_ranges && !check->forced;

	if (canary)
		range = check->nr_cases - check->first;
	return &check->cases[check->first + range];
}

enum check_verdict check_read_back(struct collapse_check *check)
{
	struct pte_table *seen[CHECK_MAX_CASES];
	unsigned int i, attempt, others;
	struct setup_error error;

	for (i = 0; i < check->nr_ranges; i++)
		seen[i] = case_of(check, i)->seen;
	for (attempt = 0; attempt < READ_ATTEMPTS; attempt++) {
		if (pte_read_back(&check->vm, check->ranges, check->nr_ranges, seen, &error)) {
			check_printf("reading back: %s", error.what);
			return CHECK_FAIL;
		}
		/* A page that is just being migrated is back in a moment. */
		for (i = 0, others = 0; i < check->nr_ranges; i++)
			others += pte_table_count(seen[i], BIT(PTE_OTHER));
		if (!others)
			break;
	}
	return CHECK_PASS;
}

enum check_verdict check_seen(struct collapse_check *check, unsigned int nr,
			      const char *notation)
{
	const struct check_case *c = &check->cases[nr];
	enum check_verdict verdict = check_read_back(check);
	struct pte_table *wanted;

	if (verdict)
		return verdict;
	wanted = parse(check, notation);
	verdict = report_broken(check);
	if (!verdict && !pte_table_equal(wanted, c->seen)) {
		print_mismatch(check, c, "after a change by the test", wanted, c->seen);
		verdict = CHECK_FAIL;
	}
	free(wanted);
	return verdict;
}

/* The canary: a case behind those of the test. */
static void add_canary(struct collapse_check *check)
{
	struct check_case *canary = &check->cases[check->nr_cases];

	if (!check->nr_cases)
		check->broken = "it has no cases";
	if (canary->wanted)
		return;
	check_case(check, "p~", NULL);
	check->nr_cases--;
}

/* Set up @nr cases from @first on, and the canary. */
static enum check_verdict lay_out(struct collapse_check *check, unsigned int first,
				  unsigned int nr)
{
	struct thp_settings quiet = quiet_settings(&check->vm, orders_on(check));
	struct disturbances before, after;
	unsigned long folios = 0;
	enum check_verdict verdict;
	struct setup_error error;
	unsigned int i;
	int err;

	check->first = first;
	check->nr_ranges = nr + !check->forced;
	for (i = 0; i < check->nr_ranges; i++) {
		const struct check_case *c = case_of(check, i);

		check->ranges[i] = (struct range){
			.wanted = c->wanted,
			.shape = c->shape,
			.table_exists = c->table_exists,
			.pin_kind = c->pin_kind,
			.stamp = i,
		};
		folios |= pte_table_orders(c->wanted);
	}
	verdict = apply(check, &quiet);
	if (verdict)
		return verdict;
	err = range_area_map(&check->vm, &check->area, check->ranges, check->nr_ranges);
	if (err) {
		check_printf("no room in the address space: %s", strerror(-err));
		return CHECK_FAIL;
	}
	disturbances_read(&check->vm, folios, &before);
	if (pte_setup(&check->vm, &check->area, &error)) {
		check_printf("set-up failed: %s", error.what);
		check->skip_reason = error.missing;
		return error.missing ? CHECK_SKIP : CHECK_FAIL;
	}
	verdict = check_read_back(check);
	for (i = 0; i < check->nr_ranges && !verdict; i++) {
		const struct check_case *c = case_of(check, i);

		if (pte_table_equal(c->wanted, c->seen))
			continue;
		print_mismatch(check, c, "the set-up did not take", c->wanted, c->seen);
		verdict = CHECK_FAIL;
	}
	disturbances_read(&check->vm, folios, &after);
	if (verdict && after.no_folio != before.no_folio) {
		check->skip_reason = "page faults got no folios of a size that was needed";
		verdict = CHECK_SKIP;
	}
	return verdict;
}

static enum check_verdict too_little_memory(struct collapse_check *check)
{
	check_printf("MemAvailable is %zu kB, a range %zu kB",
		     meminfo_bytes("MemAvailable") / 1024, check->vm.pmd_size / 1024);
	check->skip_reason = "not enough memory for a batch";
	return CHECK_SKIP;
}

enum check_verdict check_lay_out(struct collapse_check *check)
{
	uint64_t start = now_ns();
	enum check_verdict verdict;

	add_canary(check);
	verdict = report_broken(check);
	if (!verdict && check->nr_cases + 1 > capacity(check))
		verdict = too_little_memory(check);
	verdict = verdict ?: lay_out(check, 0, check->nr_cases);
	add_time(check, TIME_TOTAL, start);
	return verdict;
}

/* EAGAIN is for what passes, as a page that is not on the LRU at this moment. */
static int force_collapse(char *start, size_t size)
{
	unsigned int attempt;
	int err = -1;

	for (attempt = 0; attempt < FORCE_ATTEMPTS && err; attempt++) {
		err = madvise(start, size, MADV_COLLAPSE);
		if (err && errno != EAGAIN)
			break;
	}
	return err;
}

static enum check_verdict force(struct collapse_check *check, const struct check_case *c,
				char *start, size_t size)
{
	int err = force_collapse(start, size) ? errno : 0;

	if (err == c->forced_errno)
		return CHECK_PASS;
	print_set_up(c);
	check_printf("MADV_COLLAPSE: expected %s, seen %s",
		     c->forced_errno ? strerror(c->forced_errno) : "success",
		     err ? strerror(err) : "success");
	print_replay(check);
	return CHECK_FAIL;
}

/* Only now may khugepaged see the memory, or is it collapsed at once. */
static enum check_verdict collapse(struct collapse_check *check)
{
	static const int advice[] = {
		[ADVISE_HUGEPAGE] = MADV_HUGEPAGE,
		[ADVISE_NOHUGEPAGE] = MADV_NOHUGEPAGE,
	};
	enum check_verdict verdict = CHECK_PASS;
	unsigned int i;

	for (i = 0; i < check->nr_ranges && !verdict; i++) {
		char *start = check->ranges[i].start;
		size_t size = check->vm.pmd_size;
		const struct check_case *c = case_of(check, i);

		if (c->shape == RANGE_SHORT)
			size -= check->vm.page_size;
		if (c->shape == RANGE_LATE) {
			start += check->vm.page_size;
			size -= check->vm.page_size;
		}
		if (c->advice != ADVISE_NOTHING && madvise(start, size, advice[c->advice])) {
			check_printf("madvise(%d): %s", advice[c->advice], strerror(errno));
			return CHECK_FAIL;
		}
		if (check->forced)
			verdict = force(check, c, start, size);
	}
	if (verdict || check->forced)
		return verdict;
	return wait_for_scans(check, check->passes);
}

static void read_rss(const struct vm_geometry *vm, struct check_rss *rss)
{
	size_t bytes = 0;

	memset(rss, 0, sizeof(*rss));
	if (!proc_kb("/proc/self/status", "RssAnon", &bytes))
		rss->status = bytes / vm->page_size;
	if (!proc_kb("/proc/self/smaps_rollup", "Anonymous", &bytes))
		rss->smaps_rollup = bytes / vm->page_size;
}

/* Only the collapse lies between the two readings. */
static enum check_verdict collapse_measured(struct collapse_check *check)
{
	struct thp_counters before;
	struct check_rss rss;
	enum check_verdict verdict;

	if (!check->measure)
		return collapse(check);
	read_rss(&check->vm, &rss);	/* once for the memory that reading takes */
	thp_counters_read(&check->vm, &before);
	read_rss(&check->vm, &rss);
	verdict = collapse(check);
	read_rss(&check->vm, &check->grown);
	thp_counters_read(&check->vm, &check->moved);
	thp_counters_since(&check->moved, &before);
	check->grown.status -= rss.status;
	check->grown.smaps_rollup -= rss.smaps_rollup;
	return verdict;
}

static enum check_verdict compare_range(struct collapse_check *check, unsigned int nr,
					const char *what)
{
	size_t step = check->every_byte ? sizeof(uint64_t) : CACHE_LINE;
	struct check_case *c = case_of(check, nr);
	enum check_verdict verdict = CHECK_PASS;
	struct setup_error error;

	c->took_alternative = c->alternative && pte_table_equal(c->alternative, c->seen);
	if (!c->took_alternative && !pte_table_equal(c->expected, c->seen)) {
		print_mismatch(check, c, what, c->expected, c->seen);
		verdict = CHECK_FAIL;
	}
	if (range_check_data(&check->vm, &check->ranges[nr], c->seen, step, &error)) {
		print_failure(check, c, what);
		check_print(error.what);
		print_replay(check);
		verdict = CHECK_FAIL;
	}
	return verdict;
}

/* The tables and the data of all ranges. */
static enum check_verdict compare(struct collapse_check *check)
{
	enum check_verdict verdict = CHECK_PASS;
	unsigned int i;

	for (i = 0; i < check->nr_ranges; i++) {
		bool canary = case_of(check, i) == &check->cases[check->nr_cases];
		char what[64];

		if (canary)
			snprintf(what, sizeof(what), "the canary, a full range above the others");
		else
			snprintf(what, sizeof(what), "case %u of %u", check->first + i + 1,
				 check->nr_cases);
		verdict = compare_range(check, i, what) ?: verdict;
	}
	return verdict;
}

/* Page frames before the collapse. */
static enum check_verdict remember_pfns(struct collapse_check *check)
{
	unsigned int i, pte;
	int err = 0;

	for (i = 0; i < check->nr_ranges && !err; i++) {
		struct check_case *c = case_of(check, i);

		err = pte_read_pfns(&check->vm, &check->ranges[i], c->pfns);
		/* What is to be collapsed may lie anywhere afterwards. */
		for (pte = 0; pte < check->vm.nr; pte++)
			if (memcmp(&c->expected->pte[pte], &c->seen->pte[pte],
				   sizeof(struct pte)))
				c->pfns[pte] = 0;
	}
	if (err)
		check_printf("/proc/self/pagemap: %s", strerror(-err));
	return err ? CHECK_FAIL : CHECK_PASS;
}

/* What had to be left alone is the same page as before: nothing was copied again. */
static enum check_verdict compare_pfns(struct collapse_check *check)
{
	uint64_t *pfns = calloc(check->vm.nr, sizeof(*pfns));
	enum check_verdict verdict = pfns ? CHECK_PASS : CHECK_FAIL;
	unsigned int i, pte;

	for (i = 0; i < check->nr_ranges && !verdict; i++) {
		const struct check_case *c = case_of(check, i);

		if (pte_read_pfns(&check->vm, &check->ranges[i], pfns))
			verdict = CHECK_FAIL;
		for (pte = 0; pte < check->vm.nr && !verdict; pte++) {
			if (!c->pfns[pte] || c->took_alternative || c->pfns[pte] == pfns[pte])
				continue;
			print_failure(check, c, "a page that had to be left alone was replaced");
			check_printf("PTE %u: page frame %#llx before, %#llx after", pte,
				     (unsigned long long)c->pfns[pte],
				     (unsigned long long)pfns[pte]);
			print_replay(check);
			verdict = CHECK_FAIL;
		}
	}
	free(pfns);
	return verdict;
}

/*
 * The counter of the mm and the page tables agree on its anonymous memory; a
 * difference would be "Bad rss-counter" at its end. Older kernels fold the counter
 * only now and then.
 */
static enum check_verdict compare_rss(struct collapse_check *check)
{
	struct check_rss rss;

	read_rss(&check->vm, &rss);
	if (check->generation == GEN_NONE || rss.status == rss.smaps_rollup)
		return CHECK_PASS;
	check_printf("/proc/self/status counts %ld anonymous pages, smaps_rollup %ld",
		     rss.status, rss.smaps_rollup);
	return CHECK_FAIL;
}

/* All comparisons, and whether they say anything. */
static enum check_verdict judge(struct collapse_check *check,
				const struct disturbances *before)
{
	struct disturbances after;
	enum check_verdict verdict;

	verdict = compare(check);
	disturbances_read(&check->vm, orders_on(check), &after);
	if (verdict && after.no_folio != before->no_folio) {
		check_printf("the kernel found no free block for a folio, %ld times",
			     after.no_folio - before->no_folio);
		check->skip_reason = "no free block of a size that was needed";
		return CHECK_SKIP;
	}
	if (!verdict && after.migrated == before->migrated)
		verdict = compare_pfns(check);
	verdict = verdict ?: compare_rss(check);
	if (check->figures && !verdict)
		check->figures->ranges += check->nr_ranges;
	return verdict;
}

static enum check_verdict settings_untouched(struct collapse_check *check)
{
	struct knob_error error;

	if (!thp_settings_verify(&check->vm, &check->settings, &error))
		return CHECK_PASS;
	check_printf("no verdict: %s %s", error.path, error.what);
	return CHECK_FAIL;
}

enum check_verdict check_collapse(struct collapse_check *check)
{
	struct disturbances before;
	uint64_t start = now_ns();
	enum check_verdict verdict;
	unsigned int i;

	memset(&check->counts, 0, sizeof(check->counts));
	verdict = report_broken(check);
	for (i = 0; i < check->nr_ranges && !verdict; i++)
		verdict = predict(check, case_of(check, i));
	verdict = verdict ?: remember_pfns(check);
	verdict = verdict ?: apply(check, &check->settings);
	disturbances_read(&check->vm, orders_on(check), &before);
	verdict = verdict ?: collapse_measured(check);
	verdict = verdict ?: settings_untouched(check);
	verdict = verdict ?: check_read_back(check);
	verdict = verdict ?: judge(check, &before);
	add_time(check, TIME_TOTAL, start);
	return verdict;
}

enum check_verdict check_run(struct collapse_check *check)
{
	unsigned int first, nr, room = capacity(check);
	enum check_verdict verdict = CHECK_PASS;

	add_canary(check);
	verdict = report_broken(check);
	if (!verdict && room < 2)
		verdict = too_little_memory(check);
	for (first = 0; first < check->nr_cases && !verdict; first += nr) {
		uint64_t start = now_ns();

		nr = check->nr_cases - first;
		if (nr > room - 1)
			nr = room - 1;
		verdict = report_broken(check) ?: lay_out(check, first, nr);
		add_time(check, TIME_TOTAL, start);
		verdict = verdict ?: check_collapse(check);
		range_area_unmap(&check->area);
	}
	return verdict;
}
