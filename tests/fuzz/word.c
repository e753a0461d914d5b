// SPDX-License-Identifier: GPL-2.0
// sources: param model
/* Words: one taken out of a list, and the word of a rung. */
#include "gpupt/model.h"
#include "gpupt/param.h"

#include "fuzz.h"

TALLIES({ "taken" }, { "not-there" }, { "rung" }, { "no-rung" });
enum { TAKEN, NOT_THERE, RUNG, NO_RUNG };

static const char *const tokens[] = {
	"all", "force", ",", ",", "", "al", "l", "A", "\n", " ", "flr", "bus", "-long", "slot-power",
	"rescan", "none", "1", "\xff", "01:00",
};

static const char *const rungs[] = { "none", "flr", "bus", "bus-long", "slot-power", "rescan" };

static bool is_space(char c)
{
	return strchr("\t\n\v\f\r \xa0", c) && c;
}

/* White space around a word is none of it. */
static bool is_word(const char *text, size_t len, const char *word)
{
	for (; len && is_space(*text); len--)
		text++;
	while (len && is_space(text[len - 1]))
		len--;
	return len == strlen(word) && !memcmp(text, word, len);
}

/* The words between the commas, without the first that is @word. */
static bool without(char *to, const char *text, const char *word)
{
	bool found = false, first = true;

	*to = '\0';
	for (;;) {
		const char *end = strchrnul(text, ',');
		size_t len = end - text;

		if (!found && is_word(text, len, word)) {
			found = true;
		} else {
			sprintf(to + strlen(to), "%s%.*s", first ? "" : ",", (int)len, text);
			first = false;
		}
		if (!*end)
			return found;
		text = end + 1;
	}
}

static void try_take_word(const char *text, const char *word)
{
	char *got = strdup(text), *want = malloc(strlen(text) + 1);
	bool there = without(want, text, word);

	expect(gpupt_param_take_word(got, word) == there);
	expect(!strcmp(got, want));
	tallies[there ? TAKEN : NOT_THERE].count++;
	free(want);
	free(got);
}

static void try_rung(const char *text)
{
	size_t len = strlen(text);
	unsigned int want = 0;

	if (len && text[len - 1] == '\n')
		len--;
	for (unsigned int i = 1; i < ARRAY_SIZE(rungs); i++)
		if (strlen(rungs[i]) == len && !memcmp(rungs[i], text, len))
			want = i;
	expect(gpupt_rung_parse(text) == want);
	if (want)
		expect(!strcmp(gpupt_rung_name(want), rungs[want]));
	tallies[want ? RUNG : NO_RUNG].count++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	unsigned int rung = take32(&in);
	const char *word = tokens[take(&in) % ARRAY_SIZE(tokens)];
	char *text = take_text(&in, tokens, ARRAY_SIZE(tokens), 512);

	try_take_word(text, word);
	try_rung(text);
	expect(!strcmp(gpupt_rung_name(rung), rungs[rung < ARRAY_SIZE(rungs) ? rung : 0]));
	free(text);
	return 0;
}
