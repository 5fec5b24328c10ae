/* SPDX-License-Identifier: GPL-2.0 */
/* What a process meets meanwhile (race_process.h), while ranges of it are collapsed at a rate. */
#ifndef BENCH_PROCESS_H
#define BENCH_PROCESS_H

#define PROCESS_SECONDS	60	/* at most; once through all ranges */
#define ALONE_SECONDS	0.3
#define MOST_OFFERED	64	/* ranges that are collapsed, of however many */
#define TIMES_NAME	40

/* The data were looked at by the races; here that would take longer than all else. */
static void judge_nothing(struct race *race)
{
	(void)race;
}

/* @alone: measure without khugepaged, too */
static enum check_verdict measure_process(struct bench *bench, const char *measure,
					  unsigned int order, bool alone, unsigned int nr)
{
	struct figure figure = { .vm = &suite.vm, .measure = measure, .ranges = nr };
	const char *unit = bench_time_unit(&options.output);
	static const char *const with_names[] = { "alone", "beside" };
	char names[2][NR_ACTS][TIMES_NAME];
	enum check_verdict verdict;
	struct process *process;
	unsigned int act, with;
	struct race race;

	verdict = race_begin(&race, &suite.vm, suite.generation, BIT(order), nr, 0);
	process = verdict ? NULL : process_add(&race);
	if (!process)
		return CHECK_FAIL;
	race.period_ns = NS_PER_SECOND / options.rate;
	race.duration_ns = PROCESS_SECONDS * NS_PER_SECOND;
	race.patience = 1;
	race.max_rounds = 1;
	race.min_hits = 1;
	race.judge = judge_nothing;
	race.max_offered = MOST_OFFERED;
	verdict = process_run(&race, alone ? ALONE_SECONDS * NS_PER_SECOND : 0);
	bench->skip_reason = race.skip_reason;
	for (act = 0; act < NR_ACTS && !verdict; act++) {
		for (with = 0; with < 2; with++) {
			const struct latency *latency = &process->latency[with][act];

			if (!latency->all)
				continue;
			snprintf(names[with][act], TIMES_NAME, "%s %s", process_act_names[act],
				 with_names[with]);
			figure_add(&figure, (double)latency->sum / latency->all, "%s/%s", unit,
				   names[with][act]);
			figure_add_latency(&figure, names[with][act], latency);
		}
	}
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
	unsigned int nr = nr_ranges();
	struct bench bench = { 0 };

	if (!nr)
		SKIP(return, "not enough memory for the ranges");
	MEASURE(&bench, measure_process(&bench, "process", variant->order, true, nr));
}

#endif
