/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The nth allocation of a call fails: what is tested is called with 1, 2, ... until a
 * call needs fewer. Allocations of other tasks do not count.
 *
 *	for (nth = 1; ; nth++) {
 *		fail_nth_begin(nth);
 *		ret = call();
 *		if (!fail_nth_end())
 *			break;
 *		...
 *	}
 */
#ifndef FAIL_NTH_H
#define FAIL_NTH_H

#include <kunit/test.h>
#include <linux/sched.h>

/*
 * Files in sysfs, lines of the log and the kernel's checkers need an allocation more or
 * less from call to call. So each n is tried so often, not to miss one.
 */
#define FAIL_NTH_TRIES	3

static inline void fail_nth_need(struct kunit *test)
{
	if (!IS_ENABLED(CONFIG_FAILSLAB))
		kunit_skip(test, "needs CONFIG_FAILSLAB");
}

static inline void fail_nth_begin(unsigned int nth)
{
#ifdef CONFIG_FAULT_INJECTION
	current->fail_nth = nth;
#endif
}

/* Return: an allocation was made to fail since fail_nth_begin(). */
static inline bool fail_nth_end(void)
{
	bool failed = false;

#ifdef CONFIG_FAULT_INJECTION
	failed = !current->fail_nth;
	current->fail_nth = 0;
#endif
	return failed;
}

#endif /* FAIL_NTH_H */
