// SPDX-License-Identifier: GPL-2.0
/*
 * Diverts pci_dev_specific_reset() in vendor-reset's manner: an ftrace user with IPMODIFY whose
 * replacement answers for no device here and calls the original for each. The kernel allows one
 * such user per function, so gpupt_reset has to get along with this one. function= names
 * another function, of two arguments at most.
 */
#include <linux/ftrace.h>
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/string.h>

static unsigned int calls;
module_param(calls, uint, 0444);
MODULE_PARM_DESC(calls, "times the replacement ran");

static char *function = "pci_dev_specific_reset";
module_param(function, charp, 0444);
MODULE_PARM_DESC(function, "the function to divert");

static int (*original)(struct pci_dev *pdev, bool probe);

static int replacement(struct pci_dev *pdev, bool probe)
{
	calls++;
	return original(pdev, probe);
}

static void notrace thunk(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
			  struct ftrace_regs *fregs)
{
	struct pt_regs *regs = ftrace_get_regs(fregs);

	if (regs && !within_module(parent_ip, THIS_MODULE))
		regs->ip = (unsigned long)replacement;
}

static struct ftrace_ops ops = {
	.func = thunk,
	.flags = FTRACE_OPS_FL_SAVE_REGS | FTRACE_OPS_FL_IPMODIFY,
};

static int __init ipmodify_user_init(void)
{
	struct kprobe find = { .symbol_name = function };
	char filter[KSYM_NAME_LEN];
	int rc;

	rc = register_kprobe(&find);
	if (rc)
		return rc;
	original = (void *)find.addr;
	unregister_kprobe(&find);

	/* It is split in place. */
	strscpy(filter, function, sizeof(filter));
	rc = ftrace_set_filter(&ops, filter, strlen(filter), 1);
	if (rc)
		return rc;
	rc = register_ftrace_function(&ops);
	if (rc)
		ftrace_free_filter(&ops);
	return rc;
}

static void __exit ipmodify_user_exit(void)
{
	unregister_ftrace_function(&ops);
	ftrace_free_filter(&ops);
}

module_init(ipmodify_user_init);
module_exit(ipmodify_user_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("a second user of pci_dev_specific_reset, for the tests of gpupt_reset");
