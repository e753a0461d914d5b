// SPDX-License-Identifier: GPL-2.0
// sources: report
/*
 * Reports of any facts: no line and no text is longer than there is room for, each fact has its
 * line, and what is cut is cut at the end.
 */
#include "gpupt/report.h"

#include "fuzz.h"

TALLIES({ "cut" }, { "spoiled" }, { "shared" }, { "no-address" }, { "could-be-larger" },
	{ "full" });
enum { CUT, SPOILED, SHARED, NO_ADDRESS, COULD_BE_LARGER, FULL };

static void take_name(struct input *in, char *name, size_t size)
{
	size_t len = take(in) % size;

	for (size_t i = 0; i < len; i++)
		name[i] = 'a' + take(in) % 26;
	name[len] = '\0';
}

static void take_card(struct input *in, struct gpupt_card_facts *facts)
{
	uint8_t bits = take(in);

	memset(facts, 0, sizeof(*facts));
	facts->grouped = bits & 1;
	facts->isolated_msi = bits & 2;
	facts->reserved = bits & 32;
	facts->bypassed = bits & 64;
	facts->group = bits & 4 ? (int)(take32(in) & INT_MAX) : take(in);
	facts->framebuffer = take(in) % 7 - 1;
	facts->more = bits & 8 ? take32(in) : 0;
	if (bits & 16)
		take_name(in, facts->no_acs, sizeof(facts->no_acs));
	facts->members = take(in) % (GPUPT_MEMBERS + 1);
	for (unsigned int i = 0; i < facts->members; i++) {
		struct gpupt_member *member = &facts->member[i];

		bits = take(in);
		take_name(in, member->bdf, sizeof(member->bdf));
		take_name(in, member->driver, sizeof(member->driver));
		member->of_card = bits & 1;
		member->bridge = bits & 2;
		member->of_host = bits & 4;
	}
	for (unsigned int i = 0; i < GPUPT_BARS; i++) {
		bits = take(in);
		facts->bar[i].assigned = bits & 64;
		facts->bar[i].bytes = bits & 128 ? 0 : 1ULL << bits % 64;
		facts->bar[i].possible = 1ULL << take(in) % 64;
	}
}

static bool has_line(const struct gpupt_report *report, bool warn, const char *text)
{
	for (unsigned int i = 0; i < report->lines; i++)
		if (report->line[i].warn == warn && !strncmp(report->line[i].text, text,
							     GPUPT_REPORT_TEXT - 1))
			return true;
	return false;
}

/* What the report says of the group, whole. */
static void expect_group(const struct gpupt_report *report, const struct gpupt_card_facts *facts,
			 unsigned int at)
{
	char want[4096], list[4096] = "";
	size_t len = 0;

	for (unsigned int i = 0; i < facts->members; i++)
		len += sprintf(list + len, "%s%s (%s)", i ? ", " : "", facts->member[i].bdf,
			       facts->member[i].driver[0] ? facts->member[i].driver : "no driver");
	if (facts->more)
		sprintf(list + len, " and %u more", facts->more);
	sprintf(want, "IOMMU group %d%s: %s", facts->group,
		facts->isolated_msi ? "" : ", its interrupts are not isolated", list);
	expect(!strncmp(report->line[at].text, want, strlen(report->line[at].text)));
	/* The list is cut, and the line with it. */
	if (strlen(want) < GPUPT_REPORT_TEXT)
		expect(!strcmp(report->line[at].text, want));
	else
		tallies[CUT].count++;
}

static void expect_bars(const struct gpupt_report *report, const struct gpupt_card_facts *facts)
{
	char text[GPUPT_REPORT_TEXT];

	for (unsigned int i = 0; i < GPUPT_BARS; i++) {
		const struct gpupt_bar_facts *bar = &facts->bar[i];

		sprintf(text, "BAR %u of %llu MiB has no address, drivers will not work; switch Above 4G Decoding on in the firmware, and if it is on, add pci=realloc to the kernel's command line",
			i, bar->bytes / 1048576);
		expect(has_line(report, true, text) == (bar->bytes && !bar->assigned));
		tallies[NO_ADDRESS].count += bar->bytes && !bar->assigned;
		sprintf(text, "BAR %u has %llu MiB and could have %llu MiB (Resizable BAR)", i,
			bar->bytes / 1048576, bar->possible / 1048576);
		expect(has_line(report, false, text) ==
		       (bar->bytes && bar->assigned && bar->possible > bar->bytes));
		tallies[COULD_BE_LARGER].count += bar->assigned && bar->possible > bar->bytes;
	}
}

static unsigned int lines_of_card(const struct gpupt_card_facts *facts)
{
	unsigned int lines = 1 + (facts->framebuffer >= 0);
	bool spoiled = false, shared = false;

	for (unsigned int i = 0; i < facts->members; i++) {
		spoiled |= facts->member[i].of_host;
		shared |= !facts->member[i].of_card && !facts->member[i].bridge;
	}
	lines += facts->grouped && spoiled;
	lines += facts->grouped && facts->reserved;
	lines += facts->bypassed;
	lines += facts->grouped && shared && facts->no_acs[0];
	tallies[SPOILED].count += spoiled;
	tallies[SHARED].count += shared;
	for (unsigned int i = 0; i < GPUPT_BARS; i++)
		lines += facts->bar[i].bytes && (!facts->bar[i].assigned ||
						 facts->bar[i].possible > facts->bar[i].bytes);
	return lines;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gpupt_report *report = malloc(sizeof(*report));
	struct gpupt_card_facts *facts = malloc(sizeof(*facts));
	const struct gpupt_member *first = NULL;
	struct input in = { data, size };
	uint8_t bits = take(&in);
	const struct gpupt_host_facts host = {
		.iommu = bits % 4, .dmar_flags = take(&in), .translating = bits & 4,
		.passthrough = bits & 8, .remapping = bits & 16, .made_up = bits & 32,
	};
	unsigned int lines, own;

	memset(report, 0x5a, sizeof(*report));
	report->lines = 0;
	gpupt_report_host(report, &host);
	expect(report->lines == 2U + host.made_up + (host.translating && !host.remapping));
	expect(!strncmp(report->line[0].text, "IOMMU: ", 7));
	expect(report->line[0].warn == !host.translating);
	expect(!strncmp(report->line[1 + host.made_up].text, "interrupt remapping: o", 22));
	/* Text that is cut here would be a message too long, not a fact too many. */
	for (unsigned int i = 0; i < report->lines; i++)
		expect(strlen(report->line[i].text) < GPUPT_REPORT_TEXT - 1);
	expect((!strcmp(gpupt_report_iommu(&host), "none")) == !host.translating);
	expect((!strcmp(gpupt_report_domain(&host), "none")) == !host.translating);

	/* A report may have any number of lines already. */
	take_card(&in, facts);
	lines = take(&in) % 4 ? 0 : take(&in) % (GPUPT_REPORT_LINES + 1);
	report->lines = lines;
	for (unsigned int i = 0; i < lines; i++) {
		report->line[i].text[0] = '\0';
		report->line[i].warn = false;
	}
	gpupt_report_card(report, facts);
	expect(report->lines <= GPUPT_REPORT_LINES);
	for (unsigned int i = 0; i < report->lines; i++)
		expect(memchr(report->line[i].text, '\0', GPUPT_REPORT_TEXT));
	own = lines_of_card(facts);
	if (lines + own > GPUPT_REPORT_LINES) {
		expect(report->lines == GPUPT_REPORT_LINES);
		tallies[FULL].count++;
	} else {
		expect(report->lines == lines + own);
		if (facts->grouped)
			expect_group(report, facts, lines);
		else
			expect(report->line[lines].warn);
		expect_bars(report, facts);
	}

	for (unsigned int i = 0; i < facts->members && !first; i++)
		if (facts->member[i].of_host)
			first = &facts->member[i];
	if (!facts->grouped)
		expect(!strcmp(gpupt_report_viable(facts), "none"));
	else if (facts->reserved)
		expect(!strcmp(gpupt_report_viable(facts), "reserved"));
	else
		expect(!strcmp(gpupt_report_viable(facts), first ? first->bdf : "1"));
	free(facts);
	free(report);
	return 0;
}
