// SPDX-License-Identifier: GPL-2.0
/* The parts of the bench that need no khugepaged: figures, and how they are printed. */
#define TH_LOG_STREAM stdout
#include <sys/utsname.h>

#include "kselftest_harness.h"

#include "bench_figure.h"

#define ORDER	4	/* of a range; nothing depends on it */

FIXTURE(figure)
{
	struct vm_geometry vm;
	struct figure figure;
	struct bench_output output;
};

FIXTURE_SETUP(figure)
{
	self->vm = (struct vm_geometry){
		.page_size = 4 * 1024, .pmd_order = ORDER, .nr = BIT(ORDER),
	};
	self->figure = (struct figure){
		.vm = &self->vm, .measure = "scan", .what = "half", .ranges = 3,
	};
}

FIXTURE_TEARDOWN(figure)
{
}

/* Read all of a file from its beginning, and close it. */
static const char *take(FILE *file)
{
	static char text[4 * 1024];

	rewind(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	return text;
}

/* What figure_print() has for people; NULL when it fails. */
static const char *printed(const struct figure *figure, const struct bench_output *output)
{
	int out = dup(STDOUT_FILENO), err;
	FILE *file = tmpfile();

	if (out < 0 || !file)
		return NULL;
	fflush(stdout);
	dup2(fileno(file), STDOUT_FILENO);
	err = figure_print(figure, output);
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	close(out);
	return err ? NULL : take(file);
}

/* What it has for programs: from this key on, to the end of the line. */
static const char *json(const struct figure *figure, enum bench_clock clock, const char *key)
{
	struct bench_output output = { .clock = clock, .json = tmpfile() };

	if (!output.json || !printed(figure, &output))
		return NULL;
	return strstr(take(output.json), key);
}

static void add_each(struct figure *figure, const double *samples, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		figure_add(figure, samples[i], "ns/%s", "PTE");
}

/* The middle one of an odd number, whatever their order. */
TEST_F(figure, median_of_odd)
{
	add_each(&self->figure, (double[]){ 9, -1, 5 }, 3);
	EXPECT_STREQ("# scan half, 3 ranges: 5 ns/PTE (-1 to 9)\n",
		     printed(&self->figure, &self->output));
}

/* The mean of the two in the middle of an even number. */
TEST_F(figure, median_of_even)
{
	add_each(&self->figure, (double[]){ 9, 1, 5, 2 }, 4);
	EXPECT_STREQ("# scan half, 3 ranges: 3.5 ns/PTE (1 to 9)\n",
		     printed(&self->figure, &self->output));
}

/* No spread where there is none; several values, and what was left. */
TEST_F(figure, alike)
{
	add_each(&self->figure, (double[]){ 7, 7, 7 }, 3);
	figure_add(&self->figure, 0, "%% more memory");
	self->figure.left = "p4 .*12";
	EXPECT_STREQ("# scan half, 3 ranges: 7 ns/PTE, 0 % more memory; left p4 .*12\n",
		     printed(&self->figure, &self->output));
}

/* What there is no room for is left out, and spoils nothing. */
TEST_F(figure, more_samples_than_room)
{
	double samples[FIGURE_SAMPLES + 2];
	unsigned int i;

	for (i = 0; i < FIGURE_SAMPLES + 2; i++)
		samples[i] = i + 1;
	add_each(&self->figure, samples, i);
	figure_add(&self->figure, 1, "folios/s");
	EXPECT_EQ(2U, self->figure.nr_values);
	EXPECT_EQ((unsigned int)FIGURE_SAMPLES, self->figure.values[0].nr);
	EXPECT_EQ((double)FIGURE_SAMPLES, self->figure.values[0].sample[FIGURE_SAMPLES - 1]);
}

TEST_F(figure, more_values_than_room)
{
	unsigned int i;

	for (i = 0; i < FIGURE_VALUES + 2; i++)
		figure_add(&self->figure, i, "value %u", i);
	figure_add(&self->figure, 9, "value %u", 0);
	EXPECT_EQ((unsigned int)FIGURE_VALUES, self->figure.nr_values);
	EXPECT_EQ(2U, self->figure.values[0].nr);
	EXPECT_EQ(1U, self->figure.values[FIGURE_VALUES - 1].nr);
	EXPECT_EQ(0U, self->figure.nr_latencies);
}

/* A name that is cut off is the same name the next time. */
TEST_F(figure, names_longer_than_room)
{
	char name[2 * sizeof(self->figure.values[0].unit)];

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	figure_add(&self->figure, 1, "%s", name);
	figure_add(&self->figure, 2, "%s", name);
	EXPECT_EQ(1U, self->figure.nr_values);
	EXPECT_EQ(2U, self->figure.values[0].nr);
	EXPECT_EQ(sizeof(self->figure.values[0].unit) - 1, strlen(self->figure.values[0].unit));
}

/* All samples, in the order in which they came. */
TEST_F(figure, json_of_values)
{
	add_each(&self->figure, (double[]){ 9, 0.125, 1e7 }, 3);
	figure_add(&self->figure, 1, "folios/s");
	self->figure.left = "H";
	EXPECT_STREQ("\"values\":{\"ns/PTE\":[9,0.125,1e+07],\"folios/s\":[1]},\"latencies\":{}}\n",
		     json(&self->figure, CLOCK_TIME, "\"values\""));
	self->figure.left_hash = 0xabc;
	self->figure.left_folios = true;
	EXPECT_NE(NULL, json(&self->figure, CLOCK_TIME, "\"left\":\"H\",\"left_hash\""));
	EXPECT_NE(NULL, json(&self->figure, CLOCK_TIME,
			     ":\"0000000000000abc\",\"left_folios\":true,\"values\""));
}

/* Text of others, as a compiler's name, must not end a string of ours. */
TEST_F(figure, json_quotes_text)
{
	self->figure.left = "a\"b\\c\td";
	EXPECT_NE(NULL, json(&self->figure, CLOCK_TIME, "\"left\":\"a\\\"b\\\\c d\","));
}

/* [end of the bin, how many]; none is no bin. */
TEST_F(figure, json_of_latencies)
{
	struct latency none = { .all = 0 }, some = { .all = 0 };
	unsigned int i;

	latency_add(&some, 1000);
	latency_add(&some, 1000);
	latency_add(&some, 5000);
	figure_add_latency(&self->figure, "read alone", &none);
	figure_add_latency(&self->figure, "read beside", &some);
	EXPECT_STREQ("\"latencies\":{\"read alone\":[],\"read beside\":[[1024,2],[5120,1]]}}\n",
		     json(&self->figure, CLOCK_TIME, "\"latencies\""));
	for (i = 0; i < FIGURE_LATENCIES; i++)
		figure_add_latency(&self->figure, "more", &some);
	EXPECT_EQ((unsigned int)FIGURE_LATENCIES, self->figure.nr_latencies);
}

/* What was measured, by which clock, and on what. */
TEST_F(figure, json_of_case)
{
	struct utsname uts;
	char expected[400];

	ASSERT_EQ(0, uname(&uts));
	EXPECT_NE(NULL, json(&self->figure, CLOCK_TIME,
			     "\"measure\":\"scan\",\"case\":\"half\",\"ranges\":3,\"values\""));
	snprintf(expected, sizeof(expected), "{\"kernel\":\"%s\",\"version\":\"Linux version %s ",
		 uts.release, uts.release);
	EXPECT_NE(NULL, json(&self->figure, CLOCK_TIME, expected));
	snprintf(expected, sizeof(expected), "\"machine\":\"%s\",\"page_kb\":4,", uts.machine);
	EXPECT_NE(NULL, json(&self->figure, CLOCK_TIME, expected));
	EXPECT_NE(NULL, json(&self->figure, CLOCK_EMULATED,
			     "\"pmd_order\":4,\"clock\":\"emulated\","));
}

/* To stdout it is one more diagnostic. */
TEST_F(figure, json_as_diagnostic)
{
	self->output.json = stdout;
	ASSERT_NE(NULL, printed(&self->figure, &self->output));
	EXPECT_NE(NULL, strstr(printed(&self->figure, &self->output), "\n# {\"kernel\":\""));
}

/* A file that takes nothing is an error. */
TEST_F(figure, full_disk)
{
	self->output.json = fopen("/dev/full", "a");
	if (!self->output.json)
		SKIP(return, "no /dev/full");
	EXPECT_EQ(-ENOSPC, figure_print(&self->figure, &self->output));
}

/* Each clock has a name, and only one that counts instructions has a unit of its own. */
TEST_F(figure, clocks)
{
	for (; self->output.clock < NR_CLOCKS; self->output.clock++) {
		EXPECT_NE(NULL, bench_clock_names[self->output.clock]);
		EXPECT_STREQ(self->output.clock == CLOCK_INSTRUCTIONS ? "instructions" : "ns",
			     bench_time_unit(&self->output));
	}
}

TEST_HARNESS_MAIN
