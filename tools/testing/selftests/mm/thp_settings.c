// SPDX-License-Identifier: GPL-2.0
/* Every setting that decides what khugepaged does; see thp_settings.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kselftest.h"
#include "knob.h"
#include "nodes.h"
#include "thp_settings.h"

static const char *const mode_names[] = {
	[THP_NEVER] = "never",
	[THP_MADVISE] = "madvise",
	[THP_INHERIT] = "inherit",
	[THP_ALWAYS] = "always",
};

/*
 * One wake-up scans everything, and only khugepaged_scan() wakes: a sleep of a
 * day, ended by writing it again (mm/khugepaged.c: __sleep_millisecs_store()).
 */
#define PAGES_TO_SCAN		"4294967295"
#define SCAN_SLEEP_MILLISECS	"86400000"

/* A knob and the value that it is to have. */
struct knob_setting {
	char path[128];
	char value[KNOB_VALUE];
};

struct knob_list {
	unsigned int nr;
	struct knob_setting knob[2 * MAX_ORDERS + 16];
};

static void add_knob(struct knob_list *list, const char *path, const char *value)
{
	struct knob_setting *knob = &list->knob[list->nr++];

	snprintf(knob->path, sizeof(knob->path), "%s", path);
	snprintf(knob->value, sizeof(knob->value), "%s", value);
}

static void add_number(struct knob_list *list, const char *path, unsigned long value)
{
	char text[KNOB_VALUE];

	snprintf(text, sizeof(text), "%lu", value);
	add_knob(list, path, text);
}

static bool is_on(const struct thp_settings *settings, enum thp_mode mode)
{
	if (mode == THP_INHERIT)
		mode = settings->global;
	return mode != THP_NEVER;
}

static void add_sizes(const struct vm_geometry *vm, const struct thp_settings *settings,
		      bool on, struct knob_list *list)
{
	unsigned int order;
	char path[128];

	for (order = 0; order <= vm->pmd_order; order++) {
		enum thp_mode mode = settings->size[order];

		if (!(vm->orders & BIT(order)) || is_on(settings, mode) != on)
			continue;
		size_path(vm, path, sizeof(path), order, "enabled");
		add_knob(list, path, mode_names[mode]);
	}
}

/* Sizes of shared memory and tmpfs, since 6.11; a file each, but not for every size. */
static void add_shmem_sizes(const struct vm_geometry *vm, const struct thp_settings *settings,
			    struct knob_list *list)
{
	unsigned int order;
	char path[128];

	for (order = 0; order <= vm->pmd_order; order++) {
		size_path(vm, path, sizeof(path), order, "shmem_enabled");
		if (!access(path, F_OK))
			add_knob(list, path,
				 settings->shmem_orders & BIT(order) ? "advise" : "never");
	}
}

/*
 * DAMON's own users, of which distributions have one on by default: it looks at any page
 * by its frame, with a reference and the folio lock, and khugepaged finds that page busy.
 * mm/damon/paddr.c: damon_pa_mkold().
 */
static void add_damon(struct knob_list *list)
{
	static const char *const names[] = { "damon_stat", "damon_lru_sort", "damon_reclaim" };
	char path[128];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "/sys/module/%s/parameters/enabled", names[i]);
		if (!access(path, F_OK))
			add_knob(list, path, "N");
	}
}

/* In the order in which they are to be written. */
static void list_knobs(const struct vm_geometry *vm, const struct thp_settings *settings,
		       struct knob_list *list)
{
	enum thp_mode global = settings->global;

	if (!vm->orders)
		global = settings->size[vm->pmd_order];
	list->nr = 0;
	add_number(list, THP_SYSFS "/khugepaged/max_ptes_none", settings->max_ptes_none);
	add_number(list, THP_SYSFS "/khugepaged/max_ptes_swap", settings->max_ptes_swap);
	add_number(list, THP_SYSFS "/khugepaged/max_ptes_shared", settings->max_ptes_shared);
	add_knob(list, THP_SYSFS "/khugepaged/defrag", settings->no_defrag ? "0" : "1");
	add_knob(list, THP_SYSFS "/khugepaged/pages_to_scan", PAGES_TO_SCAN);
	add_knob(list, THP_SYSFS "/khugepaged/scan_sleep_millisecs", SCAN_SLEEP_MILLISECS);
	add_knob(list, THP_SYSFS "/khugepaged/alloc_sleep_millisecs",
		 settings->long_alloc_sleep ? SCAN_SLEEP_MILLISECS : "0");
	/* Or reclaim splits a folio with many zero pages, since 6.12. */
	if (!access(THP_SYSFS "/shrink_underused", F_OK))
		add_knob(list, THP_SYSFS "/shrink_underused", "0");
	add_damon(list);
	if (global != THP_NEVER)
		add_knob(list, THP_SYSFS "/enabled", mode_names[global]);
	add_shmem_sizes(vm, settings, list);
	add_sizes(vm, settings, true, list);
	add_sizes(vm, settings, false, list);
	if (global == THP_NEVER)
		add_knob(list, THP_SYSFS "/enabled", mode_names[global]);
}

static int report(struct knob_error *error, const char *path, int err, const char *what)
{
	snprintf(error->path, sizeof(error->path), "%s", path);
	snprintf(error->what, sizeof(error->what), "%s%s%s", what, err ? ": " : "",
		 err ? strerror(-err) : "");
	return err;
}

struct thp_settings thp_settings_of(const struct vm_geometry *vm,
				    unsigned long orders, enum thp_mode mode)
{
	struct thp_settings settings = {
		.global = THP_MADVISE,
		.max_ptes_none = vm->nr - 1,
		.max_ptes_swap = vm->nr / 8,
		.max_ptes_shared = vm->nr / 2,
	};
	unsigned int order;

	for (order = 0; order <= vm->pmd_order; order++)
		settings.size[order] = orders & BIT(order) ? mode : THP_NEVER;
	return settings;
}

struct thp_settings thp_settings_quiet(const struct vm_geometry *vm, unsigned long orders)
{
	struct thp_settings quiet;

	quiet = thp_settings_of(vm, orders ?: BIT(vm->pmd_order), THP_MADVISE);
	quiet.max_ptes_none = 0;
	return quiet;
}

int thp_settings_apply(const struct vm_geometry *vm,
		       const struct thp_settings *settings, struct knob_error *error)
{
	struct knob_list list;
	unsigned int i;
	int err;

	list_knobs(vm, settings, &list);
	for (i = 0; i < list.nr; i++) {
		err = knob_write(list.knob[i].path, list.knob[i].value);
		if (err == -EIO)
			return report(error, list.knob[i].path, err,
				      "does not keep its value, does another process change it?");
		if (err)
			return report(error, list.knob[i].path, err, "cannot be set");
	}
	return 0;
}

int thp_settings_verify(const struct vm_geometry *vm,
			const struct thp_settings *settings, struct knob_error *error)
{
	struct knob_list list;
	unsigned int i;
	int err;

	list_knobs(vm, settings, &list);
	for (i = 0; i < list.nr; i++) {
		const struct knob_setting *knob = &list.knob[i];
		char seen[KNOB_VALUE], what[128];

		err = knob_read(knob->path, seen);
		if (err)
			return report(error, knob->path, err, "cannot be read");
		if (!strcmp(seen, knob->value))
			continue;
		snprintf(what, sizeof(what),
			 "was set to %s and is now %s: another process changed it",
			 knob->value, seen);
		report(error, knob->path, 0, what);
		return -EBUSY;
	}
	return 0;
}

unsigned long thp_settings_orders(const struct vm_geometry *vm,
				  const struct thp_settings *settings, bool advised)
{
	unsigned long orders = vm->orders ?: BIT(vm->pmd_order), on = 0;
	unsigned int order;

	for (order = 0; order <= vm->pmd_order; order++) {
		enum thp_mode mode = settings->size[order];

		if (mode == THP_INHERIT)
			mode = settings->global;
		if (orders & BIT(order) &&
		    (mode == THP_ALWAYS || (mode == THP_MADVISE && advised)))
			on |= BIT(order);
	}
	return on;
}

void thp_settings_describe(const struct vm_geometry *vm,
			   const struct thp_settings *settings, char *buf, size_t size)
{
	unsigned long shown = vm->orders ?: BIT(vm->pmd_order);
	unsigned int order;
	size_t len = 0;

#define put(...) \
	(len += snprintf(len < size ? buf + len : NULL, len < size ? size - len : 0, __VA_ARGS__))
	put("sizes");
	for (order = 0; order <= vm->pmd_order; order++)
		if (shown & BIT(order) && settings->size[order] != THP_NEVER)
			put(" %u=%s", order, mode_names[settings->size[order]]);
	put("; global %s; max_ptes_none %lu, max_ptes_swap %lu, max_ptes_shared %lu",
	    mode_names[settings->global], settings->max_ptes_none,
	    settings->max_ptes_swap, settings->max_ptes_shared);
#undef put
}

static void list_hugetlb(const struct vm_geometry *vm,
			 void (*knob)(const char *path, bool essential, void *arg), void *arg)
{
	unsigned int node, end = nodes_end();
	char path[128];

	for (node = 0; node < end; node++) {
		hugetlb_path(vm, path, sizeof(path), node, "nr_hugepages");
		if (!access(path, F_OK))
			knob(path, false, arg);
	}
}

static void list_ksm(void (*knob)(const char *path, bool essential, void *arg), void *arg)
{
	/* merge_across_nodes cannot be changed while anything is merged. */
	static const char *const names[] = {
		"sleep_millisecs", "use_zero_pages", "smart_scan", "max_page_sharing",
		"pages_to_scan", "advisor_mode", "run",
	};
	char path[128];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), KSM_SYSFS "/%s", names[i]);
		if (!access(path, F_OK))
			knob(path, false, arg);
	}
}

void thp_knobs(const struct vm_geometry *vm,
	       void (*knob)(const char *path, bool essential, void *arg), void *arg)
{
	struct thp_settings settings = thp_settings_of(vm, vm->orders, THP_MADVISE);
	struct knob_list list;
	unsigned int i;

	list_knobs(vm, &settings, &list);
	for (i = 0; i < list.nr; i++)
		knob(list.knob[i].path, true, arg);
	list_hugetlb(vm, knob, arg);
	list_ksm(knob, arg);
	/* Switching sizes on raises it: set_recommended_min_free_kbytes(). */
	knob("/proc/sys/vm/min_free_kbytes", true, arg);
}
