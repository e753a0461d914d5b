// SPDX-License-Identifier: GPL-2.0
/* What is done later. */
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "gpupt/later.h"

/* Set while nobody can use it; see gpupt_watch_start() and gpupt_watch_stop(). */
static struct workqueue_struct *queue;

/**
 * struct job - something to be done about a function
 * @work: in the queue
 * @act: what
 * @pdev: the function, referenced
 */
struct job {
	struct work_struct work;
	void (*act)(struct pci_dev *pdev);
	struct pci_dev *pdev;
};

static void do_job(struct work_struct *work)
{
	struct job *job = container_of(work, struct job, work);

	job->act(job->pdev);
	pci_dev_put(job->pdev);
	kfree(job);
	/* gpupt_later_stop() waits for what is left of this function. */
	module_put(THIS_MODULE);
}

int gpupt_later(void (*act)(struct pci_dev *pdev), struct pci_dev *pdev)
{
	struct job *job;

	if (!queue || !try_module_get(THIS_MODULE))
		return -ENODEV;
	job = kmalloc(sizeof(*job), GFP_KERNEL);
	if (!job) {
		module_put(THIS_MODULE);
		return -ENOMEM;
	}
	INIT_WORK(&job->work, do_job);
	job->act = act;
	job->pdev = pci_dev_get(pdev);
	queue_work(queue, &job->work);
	return 0;
}

void gpupt_later_queue(struct delayed_work *work, unsigned int ms)
{
	queue_delayed_work(queue, work, msecs_to_jiffies(ms));
}

int gpupt_later_start(void)
{
	/* Unbound: each job may wait for a driver, and holds up no other. */
	queue = alloc_workqueue("gpupt_reset", WQ_UNBOUND, 0);
	return queue ? 0 : -ENOMEM;
}

void gpupt_later_flush(void)
{
	flush_workqueue(queue);
}

void gpupt_later_stop(void)
{
	destroy_workqueue(queue);
	queue = NULL;
}
