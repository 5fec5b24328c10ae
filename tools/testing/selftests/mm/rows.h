/* SPDX-License-Identifier: GPL-2.0 */
/* The behaviours that are checked, as numbered rows, and the tests that check them. */
#ifndef ROWS_H
#define ROWS_H

#include <stdbool.h>

struct row {
	const char *id;
	const char *title;
};

/* All rows, ended by one without id. */
extern const struct row rows[];

/* rows_of_test() - say which rows a test checks; called before main().
 * @test: its name
 * @ids: ids of rows, separated by blanks
 */
void rows_of_test(const char *test, const char *ids);

/* rows_has_test() - is there a test of that name? */
bool rows_has_test(const char *test);

/* rows_each_test() - call @found for each test of a row or of a category.
 * @id: id of a row, or name of a category
 * Return: false when there is no such row or category.
 */
bool rows_each_test(const char *id, void (*found)(const char *test, void *arg), void *arg);

/* rows_nr_of() - how many tests check what the first row of this one says.
 * @test: its name
 * Return: at least 1
 */
unsigned int rows_nr_of(const char *test);

/* rows_print() - print row, test and title on stdout, separated by tabs. */
void rows_print(void);

/* rows_are_known() - does each test name rows that exist? Says which does not. */
bool rows_are_known(void);

/* rows_print_categories() - print the categories that have tests, one a line. */
void rows_print_categories(void);

#endif
