/* SPDX-License-Identifier: GPL-2.0 */
/**
 * DOC: The survey
 *
 * Gathers the facts for the report. Changes nothing, and takes no device lock: VFIO only tries
 * for those, and everybody may read the files that show what is found here.
 */
#ifndef GPUPT_SURVEY_H
#define GPUPT_SURVEY_H

#include "gpupt/report.h"

struct pci_dev;

/**
 * gpupt_survey_host() - facts about the host
 * @facts: filled
 *
 * Context: process context.
 */
void gpupt_survey_host(struct gpupt_host_facts *facts);

/**
 * gpupt_survey_card() - facts about a card
 * @facts: filled
 * @gpu: its GPU
 *
 * Reads config space of a GPU that is awake, for the sizes its BARs could have.
 *
 * Context: process context.
 */
void gpupt_survey_card(struct gpupt_card_facts *facts, struct pci_dev *gpu);

/**
 * gpupt_survey_acs() - first port above a card without ACS
 * @gpu: its GPU
 * @no_acs: filled with the port's address, or empty
 * @len: size of @no_acs in bytes
 *
 * Context: process context.
 */
void gpupt_survey_acs(struct pci_dev *gpu, char *no_acs, size_t len);

/**
 * gpupt_survey_group() - number of a function's IOMMU group
 * @pdev: the function
 *
 * Context: process context.
 * Return: the number, or -1 when it has none.
 */
int gpupt_survey_group(struct pci_dev *pdev);

#endif /* GPUPT_SURVEY_H */
