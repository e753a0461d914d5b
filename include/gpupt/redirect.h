/* SPDX-License-Identifier: GPL-2.0 */
/**
 * DOC: Redirecting one kernel function
 *
 * Blind to GPUs: calls that a predicate accepts go to a replacement, all others
 * to the original, which is never called by us.
 */
#ifndef GPUPT_REDIRECT_H
#define GPUPT_REDIRECT_H

#include <linux/ftrace.h>
#include <linux/types.h>

/**
 * enum gpupt_redirect_mode - how calls are redirected
 * @GPUPT_REDIRECT_OFF: not at all
 * @GPUPT_REDIRECT_FTRACE: by ftrace, as the only one to do so
 * @GPUPT_REDIRECT_SHARED: by ftrace, beside another module that redirects the
 *	same function and calls the original for devices it does not know
 */
enum gpupt_redirect_mode {
	GPUPT_REDIRECT_OFF,
	GPUPT_REDIRECT_FTRACE,
	GPUPT_REDIRECT_SHARED,
};

/**
 * struct gpupt_redirect - one redirected function
 * @name: name of the original
 * @to: replacement, with the original's prototype
 * @prototype: that of the original, as gpupt_btf_prototype() writes it
 * @wants: is a call with this first argument ours? Called from the ftrace
 *	handler: notrace, without locks or logging
 * @share: when another module redirects the function already, register beside it
 * @mode: how calls are redirected now
 * @ops: of ftrace
 */
struct gpupt_redirect {
	const char *name;
	void *to;
	const char *prototype;
	bool (*wants)(const void *arg);
	bool share;
	enum gpupt_redirect_mode mode;
	struct ftrace_ops ops;
};

/**
 * gpupt_redirect_start() - begin to redirect
 * @redirect: filled but for @mode and @ops, which are zero
 *
 * Context: process context.
 * Return: 0, or the error of ftrace: -EINVAL when this kernel has no such
 * function, -EBUSY when ftrace is disabled or the function is taken.
 */
int gpupt_redirect_start(struct gpupt_redirect *redirect);

/**
 * gpupt_redirect_stop() - redirect no more
 * @redirect: started or not
 *
 * Afterwards no call is on its way to the replacement; one may still be inside
 * if the replacement does not hold a reference on the module.
 *
 * Context: process context.
 */
void gpupt_redirect_stop(struct gpupt_redirect *redirect);

#endif /* GPUPT_REDIRECT_H */
