// SPDX-License-Identifier: GPL-2.0
/* gpupt_reset: brings hung NVIDIA GPUs back, and proves that they are back. */
#include <linux/init.h>
#include <linux/module.h>

#include "gpupt/hook.h"
#include "gpupt/inform.h"
#include "gpupt/sysfs.h"
#include "gpupt/watch.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

static int __init gpupt_init(void)
{
	int ret;

	ret = gpupt_sysfs_start();
	if (ret)
		return ret;
	ret = gpupt_watch_start();
	if (ret)
		goto err_stop_sysfs;
	gpupt_hook_start();
	pr_info("gpupt_reset: version %s, hook %s\n", GPUPT_VERSION, gpupt_hook_mode());
	gpupt_inform_all();
	return 0;

err_stop_sysfs:
	gpupt_sysfs_stop();
	return ret;
}
module_init(gpupt_init);

static void __exit gpupt_exit(void)
{
	gpupt_hook_stop();
	gpupt_watch_stop();
	gpupt_sysfs_stop();
}
module_exit(gpupt_exit);

MODULE_DESCRIPTION("Device-specific reset of NVIDIA GPUs for virtual machines");
MODULE_AUTHOR("the gpupt_reset authors");
MODULE_VERSION(GPUPT_VERSION);
MODULE_LICENSE("GPL");
