/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the targets share. A target is one file with LLVMFuzzerTestOneInput(), tried by the runner
 * together with the sources of the module that it names in its line "sources:".
 */
#ifndef GPUPT_FUZZ_H
#define GPUPT_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* A property that does not hold ends the run as a crash does. */
#define expect(holds) \
	do { \
		if (!(holds)) { \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #holds); \
			abort(); \
		} \
	} while (0)

/*
 * What has to have been seen in a run of some length, or its properties were never put to the
 * test: the runner wants every count above zero.
 */
struct tally {
	const char *name;
	unsigned long count;
};

#define TALLIES(...) \
	static struct tally tallies[] = { __VA_ARGS__ }; \
	static void say_tallies(void) \
	{ \
		for (size_t i = 0; i < sizeof(tallies) / sizeof(tallies[0]); i++) \
			printf("seen: %s %lu\n", tallies[i].name, tallies[i].count); \
	} \
	int LLVMFuzzerInitialize(int *argc, char ***argv) \
	{ \
		(void)argc; \
		(void)argv; \
		return atexit(say_tallies); \
	} \
	unsigned int fail_nth

/* Takes an input apart; past its end everything is zero. */
struct input {
	const uint8_t *data;
	size_t left;
};

static inline uint8_t take(struct input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->data++;
}

static inline uint32_t take32(struct input *in)
{
	uint32_t value = 0;

	for (int i = 0; i < 4; i++)
		value = value << 8 | take(in);
	return value;
}

/*
 * The rest of the input as text: as it is, or each byte a token of @tokens, which is how a fuzzer
 * comes to well-formed text. To be freed.
 */
static inline char *take_text(struct input *in, const char *const *tokens, size_t count,
			      size_t limit)
{
	bool raw = take(in) % 4 == 0;
	char *text = malloc(limit + 32);
	size_t len = 0;

	while (in->left && len < limit) {
		uint8_t byte = take(in);

		if (raw && !byte)
			break;
		if (raw)
			text[len++] = byte;
		else
			len += sprintf(text + len, "%s", tokens[byte % count]);
	}
	text[len] = '\0';
	/* So that the sanitizer sees a read past the end. */
	return realloc(text, len + 1);
}

/* May @boot0 be PMC_BOOT_0 of a card with architectures @first to @last, 0 for any? */
static inline bool may_be_boot0(unsigned int first, unsigned int last, uint32_t boot0)
{
	unsigned int arch = (boot0 >> 24 & 31) + (boot0 & 0x100 ? 32 : 0);

	/* A PRI error, all-ones and zero are no card's. */
	if (!boot0 || boot0 == 0xffffffff || boot0 >> 20 == 0xbad)
		return false;
	return !first || (arch >= first && arch <= last);
}

#endif /* GPUPT_FUZZ_H */
