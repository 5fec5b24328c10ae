// SPDX-License-Identifier: GPL-2.0
/* What came of the tries to collapse a region; see race_tries.h. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "kselftest.h"

#include "collapse_check.h"
#include "race_tries.h"
#include "thp_settings.h"
#include "trace.h"

/* Tries since boot, by the counters of the sizes. */
static long count_tries(const struct vm_geometry *vm, enum generation generation,
			unsigned long orders)
{
	unsigned int order;
	char path[128];
	long tries = 0;

	if (generation == GEN_NONE)
		return vmstat_value("thp_collapse_alloc");
	for (order = 0; order <= vm->pmd_order; order++) {
		unsigned long value = 0;

		size_path(vm, path, sizeof(path), order, "stats/collapse_alloc");
		if (orders & BIT(order) && !read_ulong(path, &value))
			tries += value;
	}
	return tries;
}

void try_counter_start(struct try_counter *counter, const struct vm_geometry *vm,
		       enum generation generation, unsigned long orders)
{
	*counter = (struct try_counter){
		.vm = vm, .generation = generation, .orders = orders,
		.pipe = trace_pipe("mm_collapse_huge_page"),
		.counter = count_tries(vm, generation, orders),
	};
	if (!counter->pipe)
		check_print("no trace events: refused tries are taken for collapses");
}

static struct try_result *result_of(struct try_counter *counter, const char *name, size_t len)
{
	struct try_result *result = counter->results;
	struct try_result *end = result + counter->nr_results;

	while (result < end && (strncmp(result->name, name, len) || result->name[len]))
		result++;
	if (result == end && end < counter->results + MAX_RESULTS && len < sizeof(result->name)) {
		memcpy(result->name, name, len);
		counter->nr_results++;
	}
	return result < counter->results + counter->nr_results ? result : NULL;
}

static bool is_one_of(const char *name, const char *const *names)
{
	while (*names && strcmp(name, *names))
		names++;
	return *names;
}

/* Nothing was there to be done, or no memory to do it with. */
static const char *const settled[] = {
	"pte_mapped_hugepage", "alloc_huge_page_failed", "ccgroup_charge_failed", NULL,
};

/* "... mm_collapse_huge_page: mm=..., isolated=1, status=succeeded, order=2" */
static void count_line(struct try_counter *counter, const char *line, struct tries *tries)
{
	const char *order = strstr(line, " order="), *status = strstr(line, "status=");
	struct try_result *result;

	/* Before 7.2 there is one order, and the event does not tell it. */
	if (!status ||
	    (order && !(counter->orders & BIT(strtoul(order + strlen(" order="), NULL, 10)))))
		return;
	status += strlen("status=");
	result = result_of(counter, status, strcspn(status, " ,\n"));
	if (!result)
		return;
	result->times++;
	if (!strcmp(result->name, "succeeded"))
		tries->collapsed++;
	else if (is_one_of(result->name, settled))
		tries->settled++;
	else
		tries->refused++;
}

void try_counter_read(struct try_counter *counter, struct tries *tries)
{
	long before = counter->counter;
	char line[400];

	*tries = (struct tries){ 0 };
	if (counter->pipe) {
		clearerr(counter->pipe);
		while (fgets(line, sizeof(line), counter->pipe))
			count_line(counter, line, tries);
	} else {
		counter->counter = count_tries(counter->vm, counter->generation, counter->orders);
		tries->collapsed = counter->counter - before;
	}
}

unsigned long try_counter_times(const struct try_counter *counter, const char *name)
{
	unsigned int i;

	for (i = 0; i < counter->nr_results; i++)
		if (!strcmp(counter->results[i].name, name))
			return counter->results[i].times;
	return 0;
}

void try_counter_stop(struct try_counter *counter)
{
	char text[400] = "";
	unsigned int i;
	size_t len = 0;

	for (i = 0; i < counter->nr_results && len < sizeof(text); i++)
		len += snprintf(text + len, sizeof(text) - len, "%s %s %lu", i ? "," : "",
				counter->results[i].name, counter->results[i].times);
	if (counter->pipe) {
		check_printf("tries:%s", *text ? text : " none");
		fclose(counter->pipe);
	}
	counter->pipe = NULL;
}
