// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzes files of sysfs and parameters of the module from inside the guest; a part of vfioc.
 *
 *   vfioc --fuzz write FILE SEED N WORD=ERRNO...   writes N texts to FILE; each WORD, with a newline
 *                                                  or without, has to end with its ERRNO, all else
 *                                                  with EINVAL. A WORD=- is never written
 *   vfioc --fuzz read FILE SEED N                  reads N pieces of it, whose text stands still
 *   vfioc --fuzz load FILE SEED N                  loads the module of FILE with N sets of values
 *                                                  of its parameters, and unloads it
 *
 * The same seed gives the same texts. The last line says how many there were, and what came of them.
 * Exit 0 only when each did what include/gpupt and Documentation/ABI say of it; else the text is
 * printed in hexadecimal.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "fuzz.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
/* What the kernel hands to an attribute at a time. */
#define PAGE		4096
#define LONGEST		(PAGE + 64)
#define NOT_WRITTEN	-1

struct text {
	unsigned char bytes[LONGEST];
	size_t len;
};

struct word {
	const char *text;
	int error;
};

static uint64_t state;
static struct word words[16];
static size_t nwords;

/* xorshift64* (Vigna 2016) */
static uint32_t chance(uint32_t below)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (state * 2685821657736338717ULL >> 32) % below;
}

static void start(const char *seed)
{
	state = strtoull(seed, NULL, 0) * 2654435761ULL + 88172645463325252ULL;
	for (int i = 0; i < 8; i++)
		chance(2);
}

static void add(struct text *t, const void *bytes, size_t len)
{
	if (len > LONGEST - t->len)
		len = LONGEST - t->len;
	memcpy(t->bytes + t->len, bytes, len);
	t->len += len;
}

static void fill(struct text *t, int byte, size_t to)
{
	while (t->len < to && t->len < LONGEST)
		t->bytes[t->len++] = byte;
}

static void add_any(struct text *t, size_t len)
{
	while (len-- && t->len < LONGEST)
		t->bytes[t->len++] = chance(256);
}

static const char *a_word(void)
{
	return words[chance(nwords)].text;
}

static void add_word(struct text *t)
{
	const char *word = a_word();

	add(t, word, strlen(word));
}

/* Near a word, most of the time. */
static void mutate(struct text *t)
{
	static const char *const odd[] = {
		"\0", "\n", " ", "\t", "\r", "\xef\xbb\xbf", "\xef\xbc\x91", "\xc2\xa0", "1", "0", ",",
		"=", "%s%n", "../", "\x7f", "\xff", "\x1b[31m",
	};
	const char *piece = odd[chance(ARRAY_SIZE(odd))];
	size_t at = t->len ? chance(t->len) : 0, len = *piece ? strlen(piece) : 1;
	struct text tail = { .len = 0 };

	switch (chance(6)) {
	case 0:
		if (t->len)
			t->bytes[at] ^= 1 << chance(8);
		return;
	case 1:
		t->len = at;
		return;
	case 2:
		add(t, piece, len);
		return;
	case 3:
		at = 0;
		break;
	case 4:
		piece = a_word();
		len = strlen(piece);
		break;
	}
	add(&tail, t->bytes + at, t->len - at);
	t->len = at;
	add(t, piece, len);
	add(t, tail.bytes, tail.len);
}

static void make(struct text *t)
{
	static const unsigned char fillers[] = { '\0', '\n', ' ', '0', '1', 'a', 0xff };
	size_t page = PAGE - 2 + chance(5);

	t->len = 0;
	switch (chance(8)) {
	case 0:
		add_any(t, chance(17));
		return;
	case 1:
		add_any(t, chance(LONGEST + 1));
		return;
	case 2:
		fill(t, fillers[chance(sizeof(fillers))], chance(2) ? page : chance(300));
		return;
	case 3:
		add_word(t);
		fill(t, fillers[chance(sizeof(fillers))], page);
		return;
	}
	add_word(t);
	if (chance(3) == 0)
		add(t, "\n", 1);
	for (uint32_t n = chance(4); n--;)
		mutate(t);
}

/* What has to come of a write, by the words alone. */
static int wanted(const unsigned char *bytes, size_t len)
{
	if (len > PAGE)
		len = PAGE;
	if (len && bytes[len - 1] == '\n')
		len--;
	for (size_t i = 0; i < nwords; i++)
		if (strlen(words[i].text) == len && !memcmp(words[i].text, bytes, len))
			return words[i].error;
	return EINVAL;
}

static const char *name(int error)
{
	return error ? strerrorname_np(error) ?: "an unknown error" : "success";
}

static void dump(const char *what, const unsigned char *bytes, size_t len)
{
	printf("%s, %zu bytes:", what, len);
	for (size_t i = 0; i < len && i < 512; i++)
		printf(" %02x", bytes[i]);
	printf("%s\n", len > 512 ? " ..." : "");
}

static bool judge(const unsigned char *bytes, size_t len, int error, int want)
{
	if (error == want)
		return true;
	dump("the text", bytes, len);
	printf("FAIL: it gave %s instead of %s\n", name(error), name(want));
	return false;
}

/* The text ends where the memory does, so that a kernel that reads further gets EFAULT. */
static unsigned char *at_the_edge(const struct text *t)
{
	static unsigned char *memory;
	unsigned char *end;

	if (!memory) {
		memory = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			      -1, 0);
		if (memory == MAP_FAILED || mprotect(memory + 3 * PAGE, PAGE, PROT_NONE))
			exit(2);
	}
	end = memory + 3 * PAGE;
	return memcpy(end - t->len, t->bytes, t->len);
}

enum way { WHOLE, AT_OFFSET, IN_PIECES, BYTE_BY_BYTE, TOO_FAR, WAYS };

static int write_one(int fd, enum way way, const unsigned char *bytes, size_t len)
{
	size_t half = len / 2;
	struct iovec pieces[] = {
		{ (void *)bytes, half }, { NULL, 0 }, { (void *)(bytes + half), len - half },
	};
	ssize_t done;

	switch (way) {
	case AT_OFFSET:
		done = pwrite(fd, bytes, len, chance(2) ? chance(8192) : (off_t)chance(~0U) << 20);
		break;
	case IN_PIECES:
		done = writev(fd, pieces, ARRAY_SIZE(pieces));
		break;
	case TOO_FAR:
		done = write(fd, bytes, len + 1 + chance(16));
		break;
	default:
		done = write(fd, bytes, len);
	}
	return done < 0 ? errno : 0;
}

static int fuzz_write(const char *path, unsigned int n)
{
	unsigned long accepted = 0, refused = 0, written = 0;
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	struct text t;

	if (fd < 0) {
		perror(path);
		return 2;
	}
	while (written < n) {
		enum way way = chance(WAYS);
		unsigned char *bytes;
		size_t step, at;

		make(&t);
		if (way == BYTE_BY_BYTE && t.len > 16)
			t.len = 16;
		bytes = at_the_edge(&t);
		step = way == BYTE_BY_BYTE && t.len ? 1 : t.len;
		at = 0;
		do {
			int want = wanted(bytes + at, step), error;

			/* Nothing is what the kernel itself takes for nothing. */
			if (way == TOO_FAR && step < PAGE)
				want = EFAULT;
			else if (!step)
				want = 0;
			if (want == NOT_WRITTEN)
				break;
			error = write_one(fd, way, bytes + at, step);
			if (!judge(bytes + at, step, error, want))
				return 1;
			written++;
			if (step)
				*(error ? &refused : &accepted) += 1;
			at += step;
		} while (at < t.len);
	}
	close(fd);
	printf("written %lu accepted %lu refused %lu\n", written, accepted, refused);
	return 0;
}

static int fuzz_read(const char *path, unsigned int n)
{
	char whole[PAGE + 1], piece[2 * PAGE];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t size = fd < 0 ? -1 : read(fd, whole, sizeof(whole));
	unsigned int done;

	if (size <= 0 || size > PAGE || whole[size - 1] != '\n' || memchr(whole, '\0', size)) {
		printf("FAIL: %s does not read as a line of text (%zd bytes)\n", path, size);
		return 1;
	}
	for (done = 0; done < n; done++) {
		off_t from = chance(4) ? chance(size + 4) : (off_t)chance(~0U) << chance(16);
		size_t len = chance(sizeof(piece) + 1);
		ssize_t got = pread(fd, piece, len, from);
		ssize_t want = from >= size ? 0 : (size_t)(size - from) < len ? size - from :
									       (ssize_t)len;

		if (got != want || memcmp(piece, whole + from, got)) {
			printf("FAIL: %zu bytes of %s from %jd: got %zd, expected %zd\n", len, path,
			       (intmax_t)from, got, want);
			return 1;
		}
	}
	close(fd);
	printf("read %u\n", done);
	return 0;
}

/* ---- parameters ---- */

static bool is_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	return !strncmp(text, word, len) && (!text[len] || !strcmp(text + len, "\n"));
}

/* A word that is not understood is left out. */
static int want_list(const char *text)
{
	(void)text;
	return 0;
}

static int want_hook(const char *text)
{
	return is_word(text, "auto") || is_word(text, "off") ? 0 : EINVAL;
}

static int want_bool(const char *text)
{
	return *text && strchr("yYnN10", *text) ? 0 : EINVAL;
}

static const struct {
	const char *name;
	int (*want)(const char *text);
} parameters[] = {
	{ "hook", want_hook }, { "deny", want_list }, { "claim", want_list },
	{ "d3cold", want_list }, { "sbr_hook", want_bool }, { "gb202_flr", want_bool },
};

static void make_value(char *value, unsigned int which)
{
	static const char *const tokens[] = {
		"01:00", "02:00", "0000:03:00.0", "10de:1b38", "10de:2206", "01:00=10de:1b38",
		"02:00=10de:2206", "7fffffff:1f:1f.7", "auto", "off", "allow", "block", "all", "force",
		"y", "n", "1", "0", "x", ":", "=", ".", ",", " ", "\n", "\t", "\xa0", "%s", "\xff",
		"\xe2\x82\xac", "-", "01:20", "20", "g", "80000000:01:00",
	};
	static const char *const good[][3] = {
		{ "auto", "off", "auto\n" }, { "", "01:00", "7f:1f.7,10de:ffff\n" },
		{ "", "all", " force,7f:00\n" }, { "allow", "block\n", "01:00" },
		{ "1", "n", "Y" }, { "0", "y", "N" },
	};
	uint32_t n = chance(3) ? chance(6) : chance(90);

	*value = '\0';
	if (chance(2)) {
		strcpy(value, good[which][chance(3)]);
		return;
	}
	if (chance(12) == 0) {
		for (size_t i = 0, len = chance(chance(3) ? 900 : PAGE + 1); i < len; i++) {
			int byte = 1 + chance(255);

			value[i] = byte == '"' ? ' ' : byte;
			value[i + 1] = '\0';
		}
		return;
	}
	/* As many as few hosts have. */
	if (chance(4) == 0) {
		for (uint32_t i = 0, entries = 32 + chance(32); i < entries; i++)
			sprintf(value + strlen(value), "%s%02x:1f", i ? "," : "", i + 0x40);
		return;
	}
	while (n--) {
		strcat(value, tokens[chance(ARRAY_SIZE(tokens))]);
		if (chance(4))
			strcat(value, ",");
	}
	if (chance(2) && *value && value[strlen(value) - 1] == ',')
		value[strlen(value) - 1] = '\0';
}

static bool exists(const char *path)
{
	struct stat st;

	return !lstat(path, &st);
}

/* A claim that is under way holds the module. */
static bool unload(void)
{
	for (int tries = 0; tries < 1000; tries++) {
		if (!syscall(SYS_delete_module, "gpupt_reset", O_NONBLOCK))
			return true;
		if (errno != EAGAIN)
			return false;
		usleep(10000);
	}
	return false;
}

static int fuzz_load(const char *path, unsigned int n)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), error, want;
	unsigned int accepted = 0, refused = 0;
	/* A value of 90 tokens, six times. */
	static char line[6 * 4 * PAGE], value[4 * PAGE];

	if (fd < 0) {
		perror(path);
		return 2;
	}
	while (accepted + refused < n) {
		line[0] = '\0';
		want = 0;
		/* The kernel goes on after a wrong one, and the error of the last counts. */
		for (uint32_t given = 1 + chance(3); given--;) {
			uint32_t which = chance(ARRAY_SIZE(parameters));
			int one;

			make_value(value, which);
			/* Not the same to every kernel, or by the second character. */
			if (parameters[which].want == want_bool && *value && strchr("tTfFoOeEdD", *value))
				*value = '-';
			sprintf(line + strlen(line), "%s%s=\"%s\"", *line ? " " : "",
				parameters[which].name, value);
			one = parameters[which].want(value);
			want = one ?: want;
		}
		error = syscall(SYS_finit_module, fd, line, 0) ? errno : 0;
		if (!judge((unsigned char *)line, strlen(line), error, want)) {
			printf("that is %s\n", line);
			return 1;
		}
		if (exists("/sys/module/gpupt_reset") != !error ||
		    exists("/sys/kernel/gpupt/version") != !error) {
			printf("FAIL: half loaded after %s with %s\n", name(error), line);
			return 1;
		}
		if (!error && !unload()) {
			printf("FAIL: not unloaded: %s, after %s\n", name(errno), line);
			return 1;
		}
		*(error ? &refused : &accepted) += 1;
	}
	close(fd);
	printf("loads %u accepted %u refused %u\n", n, accepted, refused);
	return 0;
}

static int error_of(const char *text)
{
	if (!strcmp(text, "-"))
		return NOT_WRITTEN;
	if (!strcmp(text, "0"))
		return 0;
	for (int error = 1; error < 200; error++)
		if (strerrorname_np(error) && !strcmp(strerrorname_np(error), text))
			return error;
	fprintf(stderr, "vfioc: no such error: %s\n", text);
	exit(2);
}

int fuzz(int argc, char **argv)
{
	if (argc < 4) {
		fprintf(stderr, "vfioc: --fuzz write|read|load FILE SEED N [WORD=ERRNO...]\n");
		return 2;
	}
	for (int i = 4; i < argc && nwords < ARRAY_SIZE(words); i++) {
		char *equals = strchr(argv[i], '=');

		if (!equals)
			return 2;
		*equals = '\0';
		words[nwords++] = (struct word){ argv[i], error_of(equals + 1) };
	}
	start(argv[2]);
	if (!strcmp(argv[0], "write") && nwords)
		return fuzz_write(argv[1], strtoul(argv[3], NULL, 0));
	if (!strcmp(argv[0], "read"))
		return fuzz_read(argv[1], strtoul(argv[3], NULL, 0));
	if (!strcmp(argv[0], "load"))
		return fuzz_load(argv[1], strtoul(argv[3], NULL, 0));
	return 2;
}
