/* SPDX-License-Identifier: GPL-2.0 */
/**
 * DOC: What is done later
 *
 * On a workqueue of the module's own: some of it waits for drivers, or for the kernel's
 * rescan lock, and neither may keep other work of the kernel waiting.
 */
#ifndef GPUPT_LATER_H
#define GPUPT_LATER_H

struct delayed_work;
struct pci_dev;

/**
 * gpupt_later_start() - make the workqueue
 *
 * Context: process context.
 * Return: 0 or -ENOMEM.
 */
int gpupt_later_start(void);

/**
 * gpupt_later_flush() - wait for everything that gpupt_later() has begun
 *
 * Context: process context, no lock held that any of it takes.
 */
void gpupt_later_flush(void);

/**
 * gpupt_later_stop() - the same, and take the workqueue away
 *
 * Context: as gpupt_later_flush(); nobody begins anything any more.
 */
void gpupt_later_stop(void);

/**
 * gpupt_later() - do something about a function, in a task of its own
 * @act: what to do, with the function referenced
 * @pdev: the function
 *
 * The module is not unloaded before it is done: rmmod is refused.
 *
 * Context: process context.
 * Return: 0, -ENOMEM, or -ENODEV while the module is being unloaded.
 */
int gpupt_later(void (*act)(struct pci_dev *pdev), struct pci_dev *pdev);

/**
 * gpupt_later_queue() - queue a delayed work item, unless it is queued already
 * @work: the work item, which its owner cancels before gpupt_later_stop()
 * @ms: after so many milliseconds
 *
 * Context: any, between gpupt_later_start() and gpupt_later_stop().
 */
void gpupt_later_queue(struct delayed_work *work, unsigned int ms);

#endif /* GPUPT_LATER_H */
