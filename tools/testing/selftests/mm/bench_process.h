/* SPDX-License-Identifier: GPL-2.0 */
/* What a process meets meanwhile (race_process.h), while ranges of it are collapsed at a rate. */
#ifndef BENCH_PROCESS_H
#define BENCH_PROCESS_H

#define PROCESS_SECONDS	60	/* at most; once through all ranges */
#define WAIT_TIMES	8	/* the usual time */

/* The data were looked at by the races; here that would take longer than all else. */
static void judge_nothing(struct race *race)
{
	(void)race;
}

/*
 * What took several times as long as usual has waited, for a lock or the CPU. Which of them do,
 * and for how long, is chance; so the others are told apart from them.
 */
static enum check_verdict add_act(struct bench *bench, struct figure *figure,
				  const struct process *process, enum process_act act, bool beside,
				  unsigned int nr_ranges)
{
	const char *name = process_act_names[act], *whole = process_latency_names[beside][act];
	const struct latency *latency = &process->latency[beside][act];
	const struct latency *alone = &process->latency[0][act];
	const char *unit = bench_time_unit(&options.output);
	uint64_t usual = latency_quantile(alone->all ? alone : latency, 500);
	struct latency_part waits;

	if (!latency->all) {
		bench->skip_reason = "the process did not get a turn";
		return CHECK_SKIP;
	}
	figure_add(figure, latency_part(latency, 0, WAIT_TIMES * usual).mean, "%s/%s", unit, whole);
	figure_add_latency(figure, whole, latency);
	if (!beside)
		return CHECK_PASS;
	waits = latency_part(latency, WAIT_TIMES * usual, UINT64_MAX);
	figure_add(figure, (double)waits.times / nr_ranges, "waits/range %s", name);
	figure_add(figure, waits.times ? waits.times * (waits.mean - usual) / nr_ranges : 0,
		   "%s waited/range %s", unit, name);
	figure_add(figure, latency->max, "%s longest %s", unit, name);
	return CHECK_PASS;
}

/* Once through the ranges, at the rate. @alone: measure without khugepaged, too. */
static enum check_verdict run_process(struct race *race, bool alone)
{
	race->period_ns = NS_PER_SECOND / options.rate;
	race->duration_ns = PROCESS_SECONDS * NS_PER_SECOND;
	race->patience = 1;
	race->max_rounds = 1;
	race->max_offered = PROCESS_RANGES;
	race->min_hits = 1;
	race->judge = judge_nothing;
	return process_run(race, alone);
}

static enum check_verdict measure_process(struct bench *bench, const char *measure,
					  unsigned int order, bool alone, unsigned int nr)
{
	struct figure figure = { .vm = &suite.vm, .measure = measure, .ranges = nr };
	unsigned int offered = nr < PROCESS_RANGES ? nr : PROCESS_RANGES;
	enum check_verdict verdict;
	struct process *process;
	enum process_act act;
	struct race race;

	verdict = race_begin(&race, &suite.vm, suite.generation, BIT(order), nr, 0);
	process = verdict ? NULL : process_add(&race);
	if (!process)
		return CHECK_FAIL;
	verdict = run_process(&race, alone);
	bench->skip_reason = race.skip_reason;
	if (!verdict && !race.figures.tries.collapsed) {
		check_printf("nothing was collapsed to order %u", order);
		verdict = CHECK_FAIL;
	}
	for (act = 0; act < NR_ACTS && !verdict; act++) {
		if (alone)
			verdict = add_act(bench, &figure, process, act, false, offered);
		verdict = verdict ?: add_act(bench, &figure, process, act, true, offered);
	}
	if (!verdict)
		figure_add(&figure, race.figures.tries.collapsed * (double)NS_PER_SECOND /
			   race.figures.paced_ns, "folios/s");
	snprintf(figure.what, sizeof(figure.what), "order_%u", order);
	verdict = verdict ?: print_figure(&figure);
	free(process);
	return verdict;
}

/* Ranges of this process are collapsed to this order. */
TEST_ROWS(each_order, process, "")
{
	unsigned int nr = nr_ranges(PROCESS_RANGES);
	struct bench bench = { 0 };

	SKIP_WITHOUT_RANGES(nr);
	MEASURE(&bench, measure_process(&bench, "process", variant->order, true, nr));
}

#endif
