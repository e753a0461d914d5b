// SPDX-License-Identifier: GPL-2.0
/* What VFIO will find: IOMMU, interrupt remapping, groups, ACS, BARs. */
#include <linux/acpi.h>
#include <linux/device.h>
#include <linux/ioport.h>
#include <linux/iommu.h>
#include <linux/list.h>
#include <linux/log2.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "gpupt/compat.h"
#include "gpupt/hw_pci.h"
#include "gpupt/survey.h"

static bool has_table(const char *signature, u8 *flags)
{
	struct acpi_table_header *table;

	if (ACPI_FAILURE(acpi_get_table((char *)signature, 0, &table)))
		return false;
	if (flags && table->length >= sizeof(struct acpi_table_dmar))
		*flags = ((struct acpi_table_dmar *)table)->flags;
	acpi_put_table(table);
	return true;
}

/*
 * VFIO's unsafe no-IOMMU mode puts a function that has no group into one that it makes up
 * (vfio-noiommu), behind which is nothing: no IOMMU driver has the function.
 */
static bool is_made_up(struct pci_dev *pdev)
{
	return !pdev->dev.iommu && device_iommu_mapped(&pdev->dev);
}

/* Return: the group of an IOMMU, for iommu_group_put(), or NULL. */
static struct iommu_group *get_group(struct pci_dev *pdev)
{
	struct iommu_group *iommu = iommu_group_get(&pdev->dev);

	if (!iommu || pdev->dev.iommu)
		return iommu;
	iommu_group_put(iommu);
	return NULL;
}

int gpupt_survey_group(struct pci_dev *pdev)
{
	struct iommu_group *iommu = get_group(pdev);
	int group = -1;

	if (iommu)
		group = iommu_group_id(iommu);
	iommu_group_put(iommu);
	return group;
}

void gpupt_survey_host(struct gpupt_host_facts *facts)
{
	struct pci_dev *pdev = NULL;

	*facts = (struct gpupt_host_facts){ .passthrough = iommu_default_passthrough() };
	for_each_pci_dev(pdev) {
		facts->translating |= gpupt_survey_group(pdev) >= 0;
		facts->made_up |= is_made_up(pdev);
		facts->remapping |= gpupt_has_isolated_msi(&pdev->dev);
	}
	if (has_table(ACPI_SIG_DMAR, &facts->dmar_flags))
		facts->iommu = GPUPT_IOMMU_INTEL;
	else if (has_table(ACPI_SIG_IVRS, NULL))
		facts->iommu = GPUPT_IOMMU_AMD;
	else if (facts->translating)
		facts->iommu = GPUPT_IOMMU_OTHER;
}

/**
 * struct group - members of an IOMMU group
 * @n: entries used of @pdev
 * @more: members for which there was no room
 * @pdev: the members, referenced
 */
struct group {
	unsigned int n;
	unsigned int more;
	struct pci_dev *pdev[GPUPT_MEMBERS];
};

/* Called with the group's mutex held. */
static int collect_member(struct device *dev, void *data)
{
	struct group *group = data;

	if (!dev_is_pci(dev))
		return 0;
	if (group->n < GPUPT_MEMBERS)
		group->pdev[group->n++] = pci_dev_get(to_pci_dev(dev));
	else
		group->more++;
	return 0;
}

static void survey_member(struct gpupt_member *member, struct pci_dev *pdev, struct pci_dev *gpu)
{
	strscpy(member->bdf, pci_name(pdev), sizeof(member->bdf));
	member->of_card = pdev->bus == gpu->bus && PCI_SLOT(pdev->devfn) == PCI_SLOT(gpu->devfn);
	member->bridge = pci_is_bridge(pdev);
	member->of_host = !gpupt_hw_pci_driver(pdev, member->driver, sizeof(member->driver)) &&
			  member->driver[0];
}

/*
 * Does firmware want memory of a function in the group mapped 1:1 at all times (RMRR, IVMD)? Of a
 * display or USB function the kernel takes that for relaxable. Same list as the group's file
 * reserved_regions, whose reader frees the entries like this.
 */
static bool is_reserved(struct iommu_group *iommu)
{
	struct iommu_resv_region *region, *next;
	bool reserved = false;
	LIST_HEAD(regions);

	iommu_get_group_resv_regions(iommu, &regions);
	list_for_each_entry_safe(region, next, &regions, list) {
		reserved |= region->type == IOMMU_RESV_DIRECT;
		kfree(region);
	}
	return reserved;
}

static void survey_group(struct gpupt_card_facts *facts, struct pci_dev *gpu)
{
	struct iommu_group *iommu = get_group(gpu);
	struct group group = {};
	unsigned int i;

	if (!iommu)
		return;
	facts->grouped = true;
	facts->group = iommu_group_id(iommu);
	facts->reserved = is_reserved(iommu);
	iommu_group_for_each_dev(iommu, &group, collect_member);
	iommu_group_put(iommu);
	for (i = 0; i < group.n; i++) {
		survey_member(&facts->member[i], group.pdev[i], gpu);
		pci_dev_put(group.pdev[i]);
	}
	facts->members = group.n;
	facts->more = group.more;
}

/* What the kernel asks of a path for its end to have a group of its own (REQ_ACS_FLAGS). */
#define ACS_WANTED	(PCI_ACS_SV | PCI_ACS_RR | PCI_ACS_CR | PCI_ACS_UF)

static bool has_acs(struct pci_dev *port)
{
	u16 pos = pci_find_ext_capability(port, PCI_EXT_CAP_ID_ACS), cap, ctl;

	if (!pos)
		return false;
	pci_read_config_word(port, pos + PCI_ACS_CAP, &cap);
	pci_read_config_word(port, pos + PCI_ACS_CTRL, &ctl);
	return (ctl & ACS_WANTED & cap) == (ACS_WANTED & cap);
}

/* Nothing comes back from an upstream port of a switch, so ACS is no matter there. */
void gpupt_survey_acs(struct pci_dev *gpu, char *no_acs, size_t len)
{
	struct pci_dev *port;

	no_acs[0] = '\0';
	for (port = pci_upstream_bridge(gpu); port; port = pci_upstream_bridge(port)) {
		if (pci_pcie_type(port) == PCI_EXP_TYPE_UPSTREAM || has_acs(port))
			continue;
		strscpy(no_acs, pci_name(port), len);
		return;
	}
}

static int note_busy(struct resource *res, void *data)
{
	*(bool *)data = true;
	return 1;
}

static bool is_held(const struct resource *res)
{
	bool busy = false;

	walk_iomem_res_desc(IORES_DESC_NONE, IORESOURCE_MEM | IORESOURCE_BUSY, res->start, res->end,
			    &busy, note_busy);
	return busy;
}

/* Who has it open, or drives it, holds its memory by right. */
static bool is_used(struct pci_dev *gpu)
{
	return pci_is_enabled(gpu) && READ_ONCE(gpu->dev.driver);
}

/* While nobody uses the GPU, before and after: who else holds its memory? */
static void survey_framebuffer(struct gpupt_card_facts *facts, struct pci_dev *gpu)
{
	int i;

	facts->framebuffer = -1;
	if (is_used(gpu))
		return;
	for (i = 0; i < GPUPT_BARS && facts->framebuffer < 0; i++)
		if (facts->bar[i].assigned && is_held(&gpu->resource[i]))
			facts->framebuffer = i;
	if (is_used(gpu))
		facts->framebuffer = -1;
}

static void survey_bars(struct gpupt_card_facts *facts, struct pci_dev *gpu)
{
	bool awake = gpupt_hw_pci_config_is_readable(gpu) && pci_device_is_present(gpu);
	unsigned int i;

	for (i = 0; i < GPUPT_BARS; i++) {
		const struct resource *res = &gpu->resource[i];
		struct gpupt_bar_facts *bar = &facts->bar[i];
		u64 sizes;

		if (!(res->flags & IORESOURCE_MEM) || !resource_size(res))
			continue;
		bar->bytes = resource_size(res);
		bar->assigned = res->parent && !(res->flags & IORESOURCE_UNSET);
		/* PCIe 7.8.6: bit n of the sizes stands for 2^n MiB. */
		sizes = awake ? pci_rebar_get_possible_sizes(gpu, i) : 0;
		bar->possible = sizes ? (u64)SZ_1M << ilog2(sizes) : 0;
	}
}

void gpupt_survey_card(struct gpupt_card_facts *facts, struct pci_dev *gpu)
{
	memset(facts, 0, sizeof(*facts));
	facts->isolated_msi = gpupt_has_isolated_msi(&gpu->dev);
	survey_group(facts, gpu);
	gpupt_survey_acs(gpu, facts->no_acs, sizeof(facts->no_acs));
	survey_bars(facts, gpu);
	survey_framebuffer(facts, gpu);
}
