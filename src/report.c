// SPDX-License-Identifier: GPL-2.0
/* Facts to words. */
#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "gpupt/report.h"

/* VT-d 4.1, sec 8.1: Flags. */
#define DMAR_INTR_REMAP		BIT(0)
#define DMAR_X2APIC_OPT_OUT	BIT(1)

#define MIB			20

static __printf(3, 4) void add(struct gpupt_report *report, bool warn, const char *fmt, ...)
{
	va_list args;

	if (report->lines == GPUPT_REPORT_LINES)
		return;
	va_start(args, fmt);
	vscnprintf(report->line[report->lines].text, GPUPT_REPORT_TEXT, fmt, args);
	va_end(args);
	report->line[report->lines++].warn = warn;
}

const char *gpupt_report_iommu(const struct gpupt_host_facts *facts)
{
	if (!facts->translating)
		return "none";
	switch (facts->iommu) {
	case GPUPT_IOMMU_INTEL:
		return "intel";
	case GPUPT_IOMMU_AMD:
		return "amd";
	default:
		return "other";
	}
}

const char *gpupt_report_domain(const struct gpupt_host_facts *facts)
{
	if (!facts->translating)
		return "none";
	return facts->passthrough ? "passthrough" : "translated";
}

static const char *name_of(enum gpupt_iommu iommu)
{
	switch (iommu) {
	case GPUPT_IOMMU_INTEL:
		return "Intel VT-d";
	case GPUPT_IOMMU_AMD:
		return "AMD-Vi";
	default:
		return "there is one";
	}
}

/* No module can see the command line, so what it may say already is a condition in words. */
static void add_iommu(struct gpupt_report *report, const struct gpupt_host_facts *facts)
{
	if (facts->translating)
		add(report, false, "IOMMU: %s, the host's devices are %s", name_of(facts->iommu),
		    facts->passthrough ? "passed through (iommu=pt)" : "translated");
	else if (facts->iommu == GPUPT_IOMMU_INTEL)
		add(report, true,
		    "IOMMU: off, no card can be passed to a virtual machine; Intel VT-d is there, add intel_iommu=on to the kernel's command line, take intel_iommu=off or iommu=off away; if it is so already, the kernel has given up: dmesg | grep -i dmar, update the firmware");
	else if (facts->iommu == GPUPT_IOMMU_AMD)
		add(report, true,
		    "IOMMU: off, no card can be passed to a virtual machine; AMD-Vi is there, take amd_iommu=off or iommu=off from the kernel's command line; if it is so already, the kernel has given up: dmesg | grep -i amd-vi, update the firmware");
	else
		add(report, true,
		    "IOMMU: none, no card can be passed to a virtual machine; switch VT-d or AMD-Vi (IOMMU) on in the firmware");
	if (facts->made_up)
		add(report, true,
		    "VFIO's unsafe no-IOMMU mode is on: no virtual machine can use it, and who has a card by it can write to all memory of the host; load vfio without enable_unsafe_noiommu_mode=1");
}

static void add_remapping(struct gpupt_report *report, const struct gpupt_host_facts *facts)
{
	if (facts->remapping)
		add(report, false, "interrupt remapping: on%s",
		    facts->translating ? "" : ", though devices are not translated");
	else if (facts->iommu == GPUPT_IOMMU_NONE || facts->iommu == GPUPT_IOMMU_OTHER)
		add(report, facts->translating,
		    "interrupt remapping: off, the firmware describes nothing that could do it");
	else if (facts->iommu == GPUPT_IOMMU_INTEL && !(facts->dmar_flags & DMAR_INTR_REMAP))
		add(report, true,
		    "interrupt remapping: off, the firmware says that it is not supported (DMAR flags 0x%x)",
		    facts->dmar_flags);
	else if (facts->iommu == GPUPT_IOMMU_INTEL && (facts->dmar_flags & DMAR_X2APIC_OPT_OUT))
		add(report, true,
		    "interrupt remapping: off, and the firmware opts out of x2APIC (DMAR flags 0x%x); look for intremap=off on the kernel's command line",
		    facts->dmar_flags);
	else
		add(report, true,
		    "interrupt remapping: off, though the firmware has it; look for intremap=off or nointremap on the kernel's command line, and for \"remapping\" in the log of the boot");

	if (facts->translating && !facts->remapping)
		add(report, true,
		    "VFIO refuses every card, unless vfio_iommu_type1 is loaded with allow_unsafe_interrupts=1, with which a virtual machine can raise any interrupt of the host");
}

void gpupt_report_host(struct gpupt_report *report, const struct gpupt_host_facts *facts)
{
	add_iommu(report, facts);
	add_remapping(report, facts);
}

static const struct gpupt_member *find_spoiler(const struct gpupt_card_facts *facts)
{
	unsigned int i;

	for (i = 0; i < facts->members; i++)
		if (facts->member[i].of_host)
			return &facts->member[i];
	return NULL;
}

const char *gpupt_report_viable(const struct gpupt_card_facts *facts)
{
	const struct gpupt_member *spoiler = find_spoiler(facts);

	if (!facts->grouped)
		return "none";
	if (facts->reserved)
		return "reserved";
	return spoiler ? spoiler->bdf : "1";
}

static void add_group(struct gpupt_report *report, const struct gpupt_card_facts *facts)
{
	char list[GPUPT_REPORT_TEXT] = "";
	unsigned int i;
	int len = 0;

	for (i = 0; i < facts->members; i++)
		len += scnprintf(list + len, sizeof(list) - len, "%s%s (%s)", i ? ", " : "",
				 facts->member[i].bdf,
				 facts->member[i].driver[0] ? facts->member[i].driver :
							      "no driver");
	if (facts->more)
		scnprintf(list + len, sizeof(list) - len, " and %u more", facts->more);
	add(report, false, "IOMMU group %d%s: %s", facts->group,
	    facts->isolated_msi ? "" : ", its interrupts are not isolated", list);
}

static void add_viable(struct gpupt_report *report, const struct gpupt_card_facts *facts)
{
	const struct gpupt_member *spoiler = find_spoiler(facts);

	if (facts->reserved)
		add(report, true,
		    "VFIO will not open it (Invalid argument): firmware reserves memory for a function in IOMMU group %d (RMRR, IVMD); switch that off in the firmware (HPE: shared memory features), or add intel_iommu=relax_rmrr on Proxmox VE kernels",
		    facts->group);
	if (!spoiler)
		return;
	if (spoiler->of_card)
		add(report, false,
		    "the host's driver %s has %s, VFIO opens no function of it meanwhile; write 1 to gpupt_claim to have it",
		    spoiler->driver, spoiler->bdf);
	else
		add(report, true,
		    "VFIO will not open it while the driver %s has %s, which is in the same IOMMU group %d; unbind that, or put the card into another slot",
		    spoiler->driver, spoiler->bdf, facts->group);
}

/* Bridges do no DMA of their own, and their driver is tolerated. */
static bool is_shared(const struct gpupt_card_facts *facts)
{
	unsigned int i;

	for (i = 0; i < facts->members; i++)
		if (!facts->member[i].of_card && !facts->member[i].bridge)
			return true;
	return false;
}

static void add_bars(struct gpupt_report *report, const struct gpupt_card_facts *facts)
{
	unsigned int i;

	for (i = 0; i < GPUPT_BARS; i++) {
		const struct gpupt_bar_facts *bar = &facts->bar[i];

		if (bar->bytes && !bar->assigned)
			add(report, true,
			    "BAR %u of %llu MiB has no address, drivers will not work; switch Above 4G Decoding on in the firmware, and if it is on, add pci=realloc to the kernel's command line",
			    i, bar->bytes >> MIB);
		else if (bar->bytes && bar->possible > bar->bytes)
			add(report, false,
			    "BAR %u has %llu MiB and could have %llu MiB (Resizable BAR)",
			    i, bar->bytes >> MIB, bar->possible >> MIB);
	}
}

void gpupt_report_card(struct gpupt_report *report, const struct gpupt_card_facts *facts)
{
	if (facts->grouped) {
		add_group(report, facts);
		add_viable(report, facts);
	} else {
		add(report, true, "no IOMMU group, so it cannot be passed to a virtual machine");
	}
	if (facts->grouped && facts->no_acs[0] && is_shared(facts))
		add(report, true,
		    "the port %s above it has no ACS, which is why its IOMMU group has more than the card; put it into another slot",
		    facts->no_acs);
	if (facts->framebuffer >= 0)
		add(report, false,
		    "a boot framebuffer holds its BAR %d; a claim evicts it, VFIO does for VGA cards only",
		    facts->framebuffer);
	if (facts->bypassed)
		add(report, true, "%s", GPUPT_REPORT_BYPASSED);
	add_bars(report, facts);
}
