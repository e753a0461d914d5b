// SPDX-License-Identifier: GPL-2.0
/* The report, into the kernel log. */
#include <linux/errno.h>
#include <linux/pci.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "gpupt/activate.h"
#include "gpupt/device.h"
#include "gpupt/inform.h"
#include "gpupt/log.h"
#include "gpupt/report.h"
#include "gpupt/survey.h"

/**
 * struct work - too large for the stack
 * @host: facts about the host
 * @card: facts about a card
 * @report: the words
 */
struct work {
	struct gpupt_host_facts host;
	struct gpupt_card_facts card;
	struct gpupt_report report;
};

static void log_host(struct work *work)
{
	unsigned int i;

	gpupt_survey_host(&work->host);
	work->report.lines = 0;
	gpupt_report_host(&work->report, &work->host);
	for (i = 0; i < work->report.lines; i++)
		if (work->report.line[i].warn)
			pr_warn("gpupt_reset: %s\n", work->report.line[i].text);
		else
			pr_info("gpupt_reset: %s\n", work->report.line[i].text);
}

static bool is_bypassed(struct pci_dev *gpu)
{
	struct gpupt_device *gdev = gpupt_device_find(gpu);
	bool bypassed = gdev && gpupt_is_bypassed(gpu, &gdev->activation);

	if (gdev)
		gpupt_device_put(gdev);
	return bypassed;
}

static void log_card(struct work *work, struct pci_dev *gpu, bool warnings_only)
{
	unsigned int i;

	gpupt_survey_card(&work->card, gpu);
	work->card.bypassed = is_bypassed(gpu);
	work->report.lines = 0;
	gpupt_report_card(&work->report, &work->card);
	for (i = 0; i < work->report.lines; i++)
		if (work->report.line[i].warn)
			gpupt_warn(gpu, "%s\n", work->report.line[i].text);
		else if (!warnings_only)
			gpupt_info(gpu, "%s\n", work->report.line[i].text);
}

int gpupt_inform_all(void)
{
	struct work *work = kzalloc(sizeof(*work), GFP_KERNEL);
	struct gpupt_device *gdev = NULL;

	if (!work)
		return -ENOMEM;
	log_host(work);
	while ((gdev = gpupt_device_next(gdev)))
		if (gdev->model)
			log_card(work, gdev->pdev, false);
	kfree(work);
	return 0;
}

void gpupt_inform_warn(struct pci_dev *gpu)
{
	struct work *work = kzalloc(sizeof(*work), GFP_KERNEL);

	if (work)
		log_card(work, gpu, true);
	kfree(work);
}
