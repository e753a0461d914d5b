/* SPDX-License-Identifier: GPL-2.0 */
/**
 * DOC: The report
 *
 * What keeps a card from being passed to a virtual machine, in words. Facts are
 * plain data that survey.h gathers; the words come from them alone.
 */
#ifndef GPUPT_REPORT_H
#define GPUPT_REPORT_H

#include <linux/types.h>

#include "gpupt/rebind.h"

#define GPUPT_REPORT_LINES	24
/* Of a line, in bytes; longer ones are cut. */
#define GPUPT_REPORT_TEXT	288
/* Members of an IOMMU group that are named. */
#define GPUPT_MEMBERS		12
/* Also for gpupt_device_notice_bypass(). */
#define GPUPT_REPORT_BYPASSED	"its reset_method does not begin with device_specific, so the kernel and VFIO reset it without this module, and nothing is verified; write default to its reset_method (echo default > reset_method)"
#define GPUPT_BDF_LEN		16
#define GPUPT_BARS		6

/** enum gpupt_iommu - whose IOMMU */
enum gpupt_iommu {
	/** @GPUPT_IOMMU_NONE: there is none */
	GPUPT_IOMMU_NONE,
	/** @GPUPT_IOMMU_INTEL: VT-d, ACPI table DMAR */
	GPUPT_IOMMU_INTEL,
	/** @GPUPT_IOMMU_AMD: AMD-Vi, ACPI table IVRS */
	GPUPT_IOMMU_AMD,
	/** @GPUPT_IOMMU_OTHER: one that the kernel uses, and neither table has */
	GPUPT_IOMMU_OTHER,
};

/**
 * struct gpupt_host_facts - IOMMU and interrupt remapping, which are two things
 * @iommu: what firmware describes
 * @dmar_flags: Flags of the table DMAR (VT-d 8.1)
 * @translating: the kernel has put PCI functions into IOMMU groups
 * @made_up: VFIO has, in its unsafe no-IOMMU mode, with no IOMMU behind
 * @passthrough: what no virtual machine has is not translated
 * @remapping: interrupts of PCI functions are remapped
 */
struct gpupt_host_facts {
	enum gpupt_iommu iommu;
	u8 dmar_flags;
	bool translating;
	bool made_up;
	bool passthrough;
	bool remapping;
};

/**
 * struct gpupt_member - a function in a card's IOMMU group
 * @bdf: its address
 * @driver: name of its driver, empty when it has none
 * @of_card: it is one of the card itself
 * @bridge: it is a bridge
 * @of_host: its driver is one that VFIO does not tolerate in a group
 */
struct gpupt_member {
	char bdf[GPUPT_BDF_LEN];
	char driver[GPUPT_DRIVER_LEN];
	bool of_card;
	bool bridge;
	bool of_host;
};

/**
 * struct gpupt_bar_facts - a memory BAR
 * @bytes: its size, 0 when there is none
 * @possible: the largest size it could have (Resizable BAR), 0 when it has one
 * @assigned: it has an address
 */
struct gpupt_bar_facts {
	u64 bytes;
	u64 possible;
	bool assigned;
};

/**
 * struct gpupt_card_facts - what matters to VFIO about a card
 * @grouped: its GPU is in an IOMMU group
 * @isolated_msi: nobody but its owner can raise its interrupts
 * @bypassed: the kernel resets it without this module
 * @reserved: firmware reserves memory for a function in the group, and the kernel heeds it
 * @group: number of the group
 * @members: entries used of @member
 * @more: members of the group for which there was no room
 * @framebuffer: BAR of the GPU that a boot framebuffer holds, or -1
 * @no_acs: address of the first port above it without ACS, or empty
 * @member: members of the group
 * @bar: BARs of the GPU
 */
struct gpupt_card_facts {
	bool grouped;
	bool isolated_msi;
	bool bypassed;
	bool reserved;
	int group;
	unsigned int members;
	unsigned int more;
	int framebuffer;
	char no_acs[GPUPT_BDF_LEN];
	struct gpupt_member member[GPUPT_MEMBERS];
	struct gpupt_bar_facts bar[GPUPT_BARS];
};

/**
 * struct gpupt_report - lines for the log
 * @lines: entries used of @line
 * @line: the lines; @line.warn: something has to be done about it
 */
struct gpupt_report {
	unsigned int lines;
	struct {
		bool warn;
		char text[GPUPT_REPORT_TEXT];
	} line[GPUPT_REPORT_LINES];
};

/**
 * gpupt_report_host() - words about the host
 * @report: lines are added to it
 * @facts: the host
 *
 * Context: any.
 */
void gpupt_report_host(struct gpupt_report *report, const struct gpupt_host_facts *facts);

/**
 * gpupt_report_card() - words about a card
 * @report: lines are added to it
 * @facts: the card
 *
 * Context: any.
 */
void gpupt_report_card(struct gpupt_report *report, const struct gpupt_card_facts *facts);

/**
 * gpupt_report_viable() - word for whether VFIO opens a card, as far as its group is concerned
 * @facts: the card
 *
 * Context: any.
 * Return: ``1``; ``none`` without a group; ``reserved``; or the address of the first member of
 * the group with a driver of the host, a part of @facts.
 */
const char *gpupt_report_viable(const struct gpupt_card_facts *facts);

/**
 * gpupt_report_iommu() - word for the IOMMU that the kernel uses
 * @facts: the host
 *
 * Context: any.
 * Return: ``intel``, ``amd``, ``other`` or ``none``.
 */
const char *gpupt_report_iommu(const struct gpupt_host_facts *facts);

/**
 * gpupt_report_domain() - word for what it does to the host's own functions
 * @facts: the host
 *
 * Context: any.
 * Return: ``translated``, ``passthrough`` or ``none``.
 */
const char *gpupt_report_domain(const struct gpupt_host_facts *facts);

#endif /* GPUPT_REPORT_H */
