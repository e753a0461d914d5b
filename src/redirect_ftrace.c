// SPDX-License-Identifier: GPL-2.0
/* Redirection by ftrace, as livepatch does it (kernel/livepatch/patch.c). */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/ptrace.h>
#include <linux/string.h>

#include "gpupt/redirect.h"

static void notrace thunk(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
			  struct ftrace_regs *fregs)
{
	struct gpupt_redirect *redirect = container_of(ops, struct gpupt_redirect, ops);
	struct pt_regs *regs = ftrace_get_regs(fregs);
	int bit;

	if (!regs)
		return;
	bit = ftrace_test_recursion_trylock(ip, parent_ip);
	if (bit < 0)
		return;
	if (redirect->wants((const void *)regs_get_kernel_argument(regs, 0)))
		instruction_pointer_set(regs, (unsigned long)redirect->to);
	ftrace_test_recursion_unlock(bit);
}

static int start(struct gpupt_redirect *redirect, unsigned long flags)
{
	char name[KSYM_NAME_LEN];
	int ret;

	/* PERMANENT: kernel.ftrace_enabled=0 must not unhook us without a word. */
	redirect->ops = (struct ftrace_ops){
		.func = thunk,
		.flags = FTRACE_OPS_FL_SAVE_REGS | FTRACE_OPS_FL_PERMANENT | flags,
	};
	/* ftrace splits the pattern in place. */
	strscpy(name, redirect->name, sizeof(name));
	ret = ftrace_set_filter(&redirect->ops, name, strlen(name), 1);
	if (ret)
		return ret;
	ret = register_ftrace_function(&redirect->ops);
	if (ret)
		ftrace_free_filter(&redirect->ops);
	return ret;
}

int gpupt_redirect_start(struct gpupt_redirect *redirect)
{
	int ret = start(redirect, FTRACE_OPS_FL_IPMODIFY);

	if (!ret) {
		redirect->mode = GPUPT_REDIRECT_FTRACE;
		return 0;
	}
	if (ret != -EBUSY || !redirect->share)
		return ret;

	ret = start(redirect, 0);
	if (!ret)
		redirect->mode = GPUPT_REDIRECT_SHARED;
	return ret;
}

void gpupt_redirect_stop(struct gpupt_redirect *redirect)
{
	if (redirect->mode == GPUPT_REDIRECT_OFF)
		return;
	/* Waits for all tasks to leave the handler, since the ops are in a module. */
	unregister_ftrace_function(&redirect->ops);
	ftrace_free_filter(&redirect->ops);
	redirect->mode = GPUPT_REDIRECT_OFF;
}
