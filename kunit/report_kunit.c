// SPDX-License-Identifier: GPL-2.0
/* Every sentence of the report, from the facts that cause it. */
#include <kunit/test.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "gpupt/report.h"

#define NO_CARD	"no card can be passed to a virtual machine"
#define CMDLINE	"the kernel's command line"
#define GAVE_UP	"; if it is so already, the kernel has given up: dmesg | grep -i "

/**
 * struct host_case - a host and what is said of it
 * @name: for the log
 * @facts: the host
 * @iommu: word of the file iommu
 * @domain: word of the file iommu_domain
 * @said: beginnings of the lines, NULL behind the last; with "!" for a warning
 */
struct host_case {
	const char *name;
	struct gpupt_host_facts facts;
	const char *iommu;
	const char *domain;
	const char *said[4];
};

static const struct host_case hosts[] = {
	{ "Intel, all on",
	  { .iommu = GPUPT_IOMMU_INTEL, .dmar_flags = 1, .translating = true, .remapping = true },
	  "intel", "translated",
	  { "IOMMU: Intel VT-d, the host's devices are translated", "interrupt remapping: on" } },
	{ "Intel, passthrough",
	  { .iommu = GPUPT_IOMMU_INTEL, .dmar_flags = 1, .translating = true, .passthrough = true,
	    .remapping = true },
	  "intel", "passthrough",
	  { "IOMMU: Intel VT-d, the host's devices are passed through (iommu=pt)",
	    "interrupt remapping: on" } },
	{ "Intel, no remapping in the hardware",
	  { .iommu = GPUPT_IOMMU_INTEL, .translating = true },
	  "intel", "translated",
	  { "IOMMU: Intel VT-d, the host's",
	    "!interrupt remapping: off, the firmware says that it is not supported (DMAR flags 0x0)",
	    "!VFIO refuses every card, unless vfio_iommu_type1 is loaded with allow_unsafe" } },
	{ "Intel, remapping off on the command line",
	  { .iommu = GPUPT_IOMMU_INTEL, .dmar_flags = 1, .translating = true },
	  "intel", "translated",
	  { "IOMMU: Intel VT-d, the host's",
	    "!interrupt remapping: off, though the firmware has it; look for intremap=off",
	    "!VFIO refuses every card" } },
	{ "Intel, firmware opts out of x2APIC",
	  { .iommu = GPUPT_IOMMU_INTEL, .dmar_flags = 3, .translating = true },
	  "intel", "translated",
	  { "IOMMU: Intel VT-d, the host's",
	    "!interrupt remapping: off, and the firmware opts out of x2APIC (DMAR flags 0x3)",
	    "!VFIO refuses every card" } },
	{ "Intel, translation off on the command line, remapping on",
	  { .iommu = GPUPT_IOMMU_INTEL, .dmar_flags = 1, .passthrough = true, .remapping = true },
	  "none", "none",
	  { "!IOMMU: off, " NO_CARD "; Intel VT-d is there, add intel_iommu=on",
	    "interrupt remapping: on, though devices are not translated" } },
	{ "Intel, both off, or given up",
	  { .iommu = GPUPT_IOMMU_INTEL, .dmar_flags = 1 }, "none", "none",
	  { "!IOMMU: off, " NO_CARD "; Intel VT-d is there, add intel_iommu=on to " CMDLINE
	    ", take intel_iommu=off or iommu=off away" GAVE_UP "dmar, update the firmware",
	    "!interrupt remapping: off, though the firmware has it" } },
	{ "AMD, all on",
	  { .iommu = GPUPT_IOMMU_AMD, .translating = true, .remapping = true },
	  "amd", "translated",
	  { "IOMMU: AMD-Vi, the host's devices are translated", "interrupt remapping: on" } },
	{ "AMD, remapping off",
	  { .iommu = GPUPT_IOMMU_AMD, .translating = true, .passthrough = true },
	  "amd", "passthrough",
	  { "IOMMU: AMD-Vi, the host's devices are passed through",
	    "!interrupt remapping: off, though the firmware has it", "!VFIO refuses every card" } },
	{ "AMD, off, or given up",
	  { .iommu = GPUPT_IOMMU_AMD }, "none", "none",
	  { "!IOMMU: off, " NO_CARD "; AMD-Vi is there, take amd_iommu=off or iommu=off from "
	    CMDLINE GAVE_UP "amd-vi, update the firmware",
	    "!interrupt remapping: off, though" } },
	{ "none",
	  { .passthrough = true }, "none", "none",
	  { "!IOMMU: none, " NO_CARD "; switch VT-d or AMD-Vi (IOMMU) on in the firmware",
	    "interrupt remapping: off, the firmware describes nothing that could do it" } },
	{ "none, but VFIO's no-IOMMU mode",
	  { .made_up = true }, "none", "none",
	  { "!IOMMU: none, " NO_CARD, "!VFIO's unsafe no-IOMMU mode is on: ",
	    "interrupt remapping: off" } },
	{ "another one",
	  { .iommu = GPUPT_IOMMU_OTHER, .translating = true }, "other", "translated",
	  { "IOMMU: there is one, the host's devices are translated",
	    "!interrupt remapping: off, the firmware describes nothing",
	    "!VFIO refuses every card" } },
};

static void host_desc(const struct host_case *host, char *desc)
{
	strscpy(desc, host->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(host, hosts, host_desc);

static void expect_lines(struct kunit *test, const struct gpupt_report *report,
			 const char * const *said, unsigned int max)
{
	unsigned int n;

	for (n = 0; n < max && said[n]; n++) {
		bool warn = said[n][0] == '!';
		const char *text = said[n] + warn;

		KUNIT_ASSERT_LT_MSG(test, n, report->lines, "no line: %s", text);
		KUNIT_EXPECT_TRUE_MSG(test, strstarts(report->line[n].text, text),
				      "'%s' does not begin with '%s'", report->line[n].text, text);
		KUNIT_EXPECT_EQ_MSG(test, report->line[n].warn, warn, "%s", text);
		KUNIT_EXPECT_LT_MSG(test, strlen(report->line[n].text),
				    (size_t)GPUPT_REPORT_TEXT - 1, "cut: %s", text);
	}
	KUNIT_EXPECT_EQ(test, report->lines, n);
}

static void report_host(struct kunit *test)
{
	const struct host_case *host = test->param_value;
	struct gpupt_report *report = kunit_kzalloc(test, sizeof(*report), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, report);
	gpupt_report_host(report, &host->facts);
	expect_lines(test, report, host->said, ARRAY_SIZE(host->said));
	KUNIT_EXPECT_STREQ(test, gpupt_report_iommu(&host->facts), host->iommu);
	KUNIT_EXPECT_STREQ(test, gpupt_report_domain(&host->facts), host->domain);
}

#define GPU	{ .bdf = "0000:01:00.0", .driver = "vfio-pci", .of_card = true }
#define AUDIO	{ .bdf = "0000:01:00.1", .of_card = true }
#define PORT	{ .bdf = "0000:00:01.0", .driver = "pcieport", .bridge = true }
#define GROUPED	.grouped = true, .isolated_msi = true
#define NO_ROOM	"Decoding on in the firmware, and if it is on, add pci=realloc to " CMDLINE
#define BAR0	{ .bytes = 16 << 20, .assigned = true }

/**
 * struct card_case - a card and what is said of it
 * @name: for the log
 * @facts: the card
 * @viable: word of the file viable
 * @said: as in struct host_case
 */
struct card_case {
	const char *name;
	struct gpupt_card_facts facts;
	const char *viable;
	const char *said[5];
};

static const struct card_case cards[] = {
	{ "ready",
	  { GROUPED, .group = 5, .members = 2, .member = { GPU, AUDIO }, .bar = { BAR0 },
	    .framebuffer = -1 }, "1",
	  { "IOMMU group 5: 0000:01:00.0 (vfio-pci), 0000:01:00.1 (no driver)" } },
	{ "no interrupt remapping",
	  { .grouped = true, .group = 5, .members = 1, .member = { GPU }, .framebuffer = -1 }, "1",
	  { "IOMMU group 5, its interrupts are not isolated: 0000:01:00.0 (vfio-pci)" } },
	{ "no group", { .framebuffer = -1 }, "none",
	  { "!no IOMMU group, so it cannot be passed to a virtual machine" } },
	{ "no group, no ACS", { .framebuffer = -1, .no_acs = "0000:00:01.0" }, "none",
	  { "!no IOMMU group" } },
	{ "its audio is the host's",
	  { GROUPED, .group = 5, .members = 2, .framebuffer = -1,
	    .member = { GPU, { .bdf = "0000:01:00.1", .driver = "snd_hda_intel", .of_card = true,
			       .of_host = true } } }, "0000:01:00.1",
	  { "IOMMU group 5: 0000:01:00.0 (vfio-pci), 0000:01:00.1 (snd_hda_intel)",
	    "the host's driver snd_hda_intel has 0000:01:00.1, VFIO opens no function of it" } },
	{ "shared with a device of the host",
	  { GROUPED, .group = 7, .members = 3, .no_acs = "0000:00:01.0", .framebuffer = -1,
	    .member = { PORT, GPU, { .bdf = "0000:02:00.0", .driver = "e1000e",
				     .of_host = true } } }, "0000:02:00.0",
	  { "IOMMU group 7: 0000:00:01.0 (pcieport), 0000:01:00.0 (vfio-pci), 0000:02:00.0 (",
	    "!VFIO will not open it while the driver e1000e has 0000:02:00.0, which is in the same IOMMU group 7;",
	    "!the port 0000:00:01.0 above it has no ACS, which is why" } },
	{ "memory reserved by the firmware",
	  { GROUPED, .reserved = true, .group = 5, .members = 2, .framebuffer = -1,
	    .member = { GPU, { .bdf = "0000:01:00.1", .driver = "snd_hda_intel", .of_card = true,
			       .of_host = true } } }, "reserved",
	  { "IOMMU group 5: ",
	    "!VFIO will not open it (Invalid argument): firmware reserves memory for a function in IOMMU group 5 (",
	    "the host's driver snd_hda_intel has 0000:01:00.1" } },
	{ "its reset_method was changed",
	  { GROUPED, .bypassed = true, .group = 5, .members = 1, .member = { GPU },
	    .framebuffer = -1 }, "1",
	  { "IOMMU group 5: ", "!its reset_method does not begin with device_specific, so the" } },
	{ "shared with an idle device",
	  { GROUPED, .group = 7, .members = 2, .no_acs = "0000:00:01.0", .framebuffer = -1,
	    .member = { GPU, { .bdf = "0000:02:00.0" } } }, "1",
	  { "IOMMU group 7: ", "!the port 0000:00:01.0 above it has no ACS" } },
	{ "no ACS, alone with its port",
	  { GROUPED, .group = 7, .members = 2, .no_acs = "0000:00:01.0", .framebuffer = -1,
	    .member = { PORT, GPU } }, "1",
	  { "IOMMU group 7: 0000:00:01.0 (pcieport), 0000:01:00.0 (vfio-pci)" } },
	{ "a crowd",
	  { GROUPED, .group = 1, .members = 2, .more = 3, .member = { GPU, AUDIO },
	    .framebuffer = -1 }, "1",
	  { "IOMMU group 1: 0000:01:00.0 (vfio-pci), 0000:01:00.1 (no driver) and 3 more" } },
	{ "boot framebuffer",
	  { GROUPED, .members = 1, .member = { GPU }, .framebuffer = 0 }, "1",
	  { "IOMMU group 0: ", "a boot framebuffer holds its BAR 0; a claim evicts it" } },
	{ "no room above 4 GiB",
	  { GROUPED, .members = 1, .member = { GPU }, .framebuffer = -1,
	    .bar = { BAR0, { .bytes = 32ULL << 30, .possible = 64ULL << 30 } } }, "1",
	  { "IOMMU group 0: ",
	    "!BAR 1 of 32768 MiB has no address, drivers will not work; switch Above 4G "
	    NO_ROOM } },
	{ "resizable",
	  { GROUPED, .members = 1, .member = { GPU }, .framebuffer = -1,
	    .bar = { BAR0, { .bytes = 256 << 20, .possible = 32ULL << 30, .assigned = true } } },
	  "1",
	  { "IOMMU group 0: ", "BAR 1 has 256 MiB and could have 32768 MiB (Resizable BAR)" } },
	{ "resized",
	  { GROUPED, .members = 1, .member = { GPU }, .framebuffer = -1,
	    .bar = { BAR0, { .bytes = 32ULL << 30, .possible = 32ULL << 30, .assigned = true } } },
	  "1", { "IOMMU group 0: " } },
};

static void card_desc(const struct card_case *card, char *desc)
{
	strscpy(desc, card->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(card, cards, card_desc);

static void report_card(struct kunit *test)
{
	const struct card_case *card = test->param_value;
	struct gpupt_report *report = kunit_kzalloc(test, sizeof(*report), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, report);
	gpupt_report_card(report, &card->facts);
	expect_lines(test, report, card->said, ARRAY_SIZE(card->said));
	KUNIT_EXPECT_STREQ(test, gpupt_report_viable(&card->facts), card->viable);
}

/* The longest of everything: cut, and never too much. */
static void report_is_bounded(struct kunit *test)
{
	struct gpupt_card_facts *facts = kunit_kzalloc(test, sizeof(*facts), GFP_KERNEL);
	struct gpupt_report *report = kunit_kzalloc(test, 2 * sizeof(*report), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, facts);
	KUNIT_ASSERT_NOT_NULL(test, report);
	memset(report + 1, 0x5a, sizeof(*report));
	*facts = (struct gpupt_card_facts){ .grouped = true, .group = INT_MAX, .more = UINT_MAX,
					    .members = GPUPT_MEMBERS, .framebuffer = 5,
					    .reserved = true };
	memset(facts->no_acs, 'x', GPUPT_BDF_LEN - 1);
	for (i = 0; i < GPUPT_MEMBERS; i++) {
		memset(facts->member[i].bdf, 'x', GPUPT_BDF_LEN - 1);
		memset(facts->member[i].driver, 'y', GPUPT_DRIVER_LEN - 1);
		facts->member[i].of_host = true;
	}
	for (i = 0; i < GPUPT_BARS; i++)
		facts->bar[i].bytes = U64_MAX;
	for (i = 0; i < 10; i++)
		gpupt_report_card(report, facts);
	KUNIT_EXPECT_EQ(test, report->lines, (unsigned int)GPUPT_REPORT_LINES);
	for (i = 0; i < GPUPT_REPORT_LINES; i++)
		KUNIT_EXPECT_LT(test, strnlen(report->line[i].text, GPUPT_REPORT_TEXT),
				(size_t)GPUPT_REPORT_TEXT);
	KUNIT_EXPECT_EQ(test, *(u8 *)(report + 1), 0x5a);
}

static struct kunit_case report_cases[] = {
	KUNIT_CASE_PARAM(report_host, host_gen_params),
	KUNIT_CASE_PARAM(report_card, card_gen_params),
	KUNIT_CASE(report_is_bounded),
	{}
};

static struct kunit_suite report_suite = {
	.name = "gpupt_reset_report",
	.test_cases = report_cases,
};

kunit_test_suite(report_suite);
