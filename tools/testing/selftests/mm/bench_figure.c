// SPDX-License-Identifier: GPL-2.0
/* What was measured; see bench_figure.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "kselftest.h"

#include "bench_figure.h"
#include "collapse_check.h"

const char *const bench_clock_names[NR_CLOCKS] = {
	[CLOCK_TIME] = "time",
	[CLOCK_EMULATED] = "emulated",
	[CLOCK_INSTRUCTIONS] = "instructions",
};

const char *bench_time_unit(const struct bench_output *output)
{
	return output->clock == CLOCK_INSTRUCTIONS ? "instructions" : "ns";
}

static struct bench_value *value_of(struct figure *figure, const char *unit)
{
	struct bench_value *value = figure->values, *end = value + figure->nr_values;

	while (value < end && strcmp(value->unit, unit))
		value++;
	if (value == end && figure->nr_values < FIGURE_VALUES) {
		snprintf(value->unit, sizeof(value->unit), "%s", unit);
		figure->nr_values++;
	}
	return value < figure->values + figure->nr_values ? value : NULL;
}

void figure_add(struct figure *figure, double sample, const char *unit, ...)
{
	struct bench_value *value;
	char text[sizeof(value->unit)];
	va_list args;

	va_start(args, unit);
	vsnprintf(text, sizeof(text), unit, args);
	va_end(args);
	value = value_of(figure, text);
	if (value && value->nr < FIGURE_SAMPLES)
		value->sample[value->nr++] = sample;
}

void figure_add_latency(struct figure *figure, const char *name,
			const struct latency *latency)
{
	if (figure->nr_latencies == FIGURE_LATENCIES)
		return;
	figure->latencies[figure->nr_latencies].name = name;
	figure->latencies[figure->nr_latencies++].latency = latency;
}

static int compare(const void *a, const void *b)
{
	double one = *(const double *)a, other = *(const double *)b;

	return (one > other) - (one < other);
}

static void print_value(const struct bench_value *value, FILE *to)
{
	double sorted[FIGURE_SAMPLES];
	unsigned int nr = value->nr;

	memcpy(sorted, value->sample, nr * sizeof(*sorted));
	qsort(sorted, nr, sizeof(*sorted), compare);
	fprintf(to, " %.4g %s", (sorted[(nr - 1) / 2] + sorted[nr / 2]) / 2, value->unit);
	if (sorted[0] != sorted[nr - 1])
		fprintf(to, " (%.4g to %.4g)", sorted[0], sorted[nr - 1]);
}

static void print_for_people(const struct figure *figure, FILE *to)
{
	unsigned int i;

	fprintf(to, "# %s %s, %u ranges:", figure->measure, figure->what, figure->ranges);
	for (i = 0; i < figure->nr_values; i++) {
		fputs(i ? "," : "", to);
		print_value(&figure->values[i], to);
	}
	if (figure->left)
		fprintf(to, "; left %s", figure->left);
	fputc('\n', to);
}

static void print_latency(const struct latency *latency, FILE *to)
{
	unsigned int bin;
	bool any = false;

	for (bin = 0; bin < LATENCY_BINS; bin++) {
		if (!latency->count[bin])
			continue;
		fprintf(to, "%s[%llu,%lu]", any ? "," : "",
			(unsigned long long)latency_bin_end(bin), latency->count[bin]);
		any = true;
	}
}

/* As JSON wants it; what is no plain text becomes a blank. */
static void print_string(const char *name, const char *text, FILE *to)
{
	fprintf(to, "\"%s\":\"", name);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', to);
		fputc(*text >= ' ' && *text <= '~' ? *text : ' ', to);
	}
	fputs("\",", to);
}

static void print_for_programs(const struct figure *figure,
			       const struct bench_output *output, FILE *to)
{
	char version[400] = "";
	struct utsname uts;
	unsigned int i, j;

	/* Who built it, and by which compiler. */
	read_text("/proc/version", version, sizeof(version));
	uname(&uts);
	fputc('{', to);
	print_string("kernel", uts.release, to);
	print_string("version", version, to);
	print_string("machine", uts.machine, to);
	fprintf(to, "\"page_kb\":%zu,\"pmd_order\":%u,", figure->vm->page_size / 1024,
		figure->vm->pmd_order);
	print_string("clock", bench_clock_names[output->clock], to);
	print_string("measure", figure->measure, to);
	print_string("case", figure->what, to);
	fprintf(to, "\"ranges\":%u,", figure->ranges);
	if (figure->left) {
		print_string("left", figure->left, to);
		fprintf(to, "\"left_hash\":\"%016llx\",\"left_folios\":%s,",
			(unsigned long long)figure->left_hash,
			figure->left_folios ? "true" : "false");
	}
	fputs("\"values\":{", to);
	for (i = 0; i < figure->nr_values; i++) {
		fprintf(to, "%s\"%s\":[", i ? "," : "", figure->values[i].unit);
		for (j = 0; j < figure->values[i].nr; j++)
			fprintf(to, "%s%.6g", j ? "," : "", figure->values[i].sample[j]);
		fputc(']', to);
	}
	fputs("},\"latencies\":{", to);
	for (i = 0; i < figure->nr_latencies; i++) {
		fprintf(to, "%s\"%s\":[", i ? "," : "", figure->latencies[i].name);
		print_latency(figure->latencies[i].latency, to);
		fputc(']', to);
	}
	fputs("}}\n", to);
}

int figure_print(const struct figure *figure, const struct bench_output *output)
{
	print_for_people(figure, stdout);
	if (!output->json)
		return 0;
	if (output->json == stdout)
		fputs("# ", stdout);
	print_for_programs(figure, output, output->json);
	return fflush(output->json) ? -errno : 0;
}
