/* SPDX-License-Identifier: GPL-2.0 */
/* Between the files of a check; tests include collapse_check.h. */
#ifndef CHECK_INTERNAL_H
#define CHECK_INTERNAL_H

#include "collapse_check.h"

/* check_cases.c */

/* check_parse() - a table from its notation, to be given to free(); bad notation breaks
 * the check.
 */
struct pte_table *check_parse(struct collapse_check *check, const char *notation);

/* check_broken() - CHECK_FAIL with a diagnostic if the test itself is wrong. */
enum check_verdict check_broken(struct collapse_check *check);

/* check_add_canary() - behind the cases of the test, if it is not there yet. */
void check_add_canary(struct collapse_check *check);

/* check_case_of() - the case that a range was laid out for; the last may be the canary. */
struct check_case *check_case_of(struct collapse_check *check, unsigned int range);

/* check_predict() - fill in what is to become of a case, and see that the test agrees. */
enum check_verdict check_predict(struct collapse_check *check, struct check_case *c);

/* check_judge.c */

/* check_orders_on() - bit mask of the sizes that are not "never". */
unsigned long check_orders_on(const struct collapse_check *check);

/* check_remember_pfns() - page frames of what has to be left alone. */
enum check_verdict check_remember_pfns(struct collapse_check *check);

/* check_is_less() - are all tables as expected, but for regions that were left out? */
bool check_is_less(struct collapse_check *check);

/* check_judge() - all comparisons, and whether they say anything.
 * @before: the disturbances before the collapse
 */
enum check_verdict check_judge(struct collapse_check *check,
			       const struct disturbances *before);

/* check_report.c */

void check_print_set_up(const struct check_case *c);

/* check_print_failure() - what was set up, under which settings. */
void check_print_failure(const struct collapse_check *check, const struct check_case *c,
			 const char *what);

/* check_print_mismatch() - the same, with both tables in words and drawn. */
void check_print_mismatch(const struct collapse_check *check, const struct check_case *c,
			  const char *what, const struct pte_table *expected,
			  const struct pte_table *seen);

#endif
