/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Log lines about a function of a card. pci_info() would put the name of the
 * bound driver in front, and a user looks for ours.
 */
#ifndef GPUPT_LOG_H
#define GPUPT_LOG_H

#include <linux/pci.h>
#include <linux/printk.h>

#define gpupt_err(pdev, fmt, ...) \
	pr_err("gpupt_reset %s: " fmt, pci_name(pdev), ##__VA_ARGS__)
#define gpupt_warn(pdev, fmt, ...) \
	pr_warn("gpupt_reset %s: " fmt, pci_name(pdev), ##__VA_ARGS__)
#define gpupt_info(pdev, fmt, ...) \
	pr_info("gpupt_reset %s: " fmt, pci_name(pdev), ##__VA_ARGS__)
#define gpupt_dbg(pdev, fmt, ...) \
	dev_dbg(&(pdev)->dev, "gpupt_reset: " fmt, ##__VA_ARGS__)

#endif /* GPUPT_LOG_H */
