// SPDX-License-Identifier: GPL-2.0
/* What a check has to say; see collapse_check.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "check_internal.h"

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

void check_print_set_up(const struct check_case *c)
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

void check_print_replay(const struct collapse_check *check)
{
	check_printf("replay:   ./%s %s", program_invocation_short_name, check->test);
}

void check_print_cases(const struct collapse_check *check)
{
	unsigned int i;

	for (i = 0; i < check->nr_cases; i++)
		check_print_set_up(&check->cases[i]);
	print_settings(check);
	check_print_replay(check);
}

void check_print_failure(const struct collapse_check *check, const struct check_case *c,
			 const char *what)
{
	check_print(what);
	check_print_set_up(c);
	print_settings(check);
}

static void print_table(const char *label, const struct pte_table *table)
{
	char text[1024];
	size_t length;

	length = pte_table_format(table, text, sizeof(text));
	check_printf("%-9s %s%s", label, text, length < sizeof(text) ? "" : " ...");
}

void check_print_mismatch(const struct collapse_check *check, const struct check_case *c,
			  const char *what, const struct pte_table *expected,
			  const struct pte_table *seen)
{
	check_print_failure(check, c, what);
	print_table("expected:", expected);
	print_table("seen:", seen);
	pte_table_draw(expected, seen, check_print);
	check_print_replay(check);
}
