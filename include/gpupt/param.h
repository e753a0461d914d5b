/* SPDX-License-Identifier: GPL-2.0 */
/**
 * DOC: Parameters
 *
 * Parsers of module parameters. A word that is not understood costs that word, and the log
 * names it: without the module no card is reset at all.
 */
#ifndef GPUPT_PARAM_H
#define GPUPT_PARAM_H

#include <linux/types.h>

/**
 * struct gpupt_match - one entry of a list of cards
 * @by_id: @vendor and @device have to match
 * @by_place: @domain, @bus and @slot have to match
 * @vendor: PCI vendor ID
 * @device: PCI device ID
 * @domain: PCI domain
 * @bus: PCI bus number
 * @slot: device number, 0 to 31; an entry means every function of it
 */
struct gpupt_match {
	bool by_id;
	bool by_place;
	u16 vendor;
	u16 device;
	int domain;
	u8 bus;
	u8 slot;
};

/**
 * struct gpupt_match_list - list of cards
 * @count: entries in @entry
 * @entry: the entries, allocated
 */
struct gpupt_match_list {
	unsigned int count;
	struct gpupt_match *entry;
};

/**
 * gpupt_param_parse_word() - parse one entry of a list of cards
 * @word: ``[dddd:]bb:dd[.f]``, ``vvvv:dddd``, or both with ``=`` between them, all
 *	hexadecimal
 * @match: filled
 *
 * Context: any.
 * Return: 0, or -EINVAL when @word is none of these.
 */
int gpupt_param_parse_word(const char *word, struct gpupt_match *match);

/**
 * gpupt_param_parse_list() - parse a comma separated list of cards
 * @name: of the parameter, for the log
 * @also: what else the log may offer behind what gpupt_param_parse_word() takes
 * @text: entries as for gpupt_param_parse_word(), with white space around them or not; empty ones
 *	do not count
 * @list: replaced by those that are understood; unchanged on error
 *
 * Context: may sleep; nobody may use @list.
 * Return: how many words were left out, each with a line in the log, or -ENOMEM.
 */
int gpupt_param_parse_list(const char *name, const char *also, const char *text,
			   struct gpupt_match_list *list);

/**
 * gpupt_param_free_list() - make a list empty
 * @list: a struct gpupt_match_list, as struct kernel_param_ops has it
 *
 * Context: may sleep; nobody may use @list.
 */
void gpupt_param_free_list(void *list);

/**
 * gpupt_param_list_has() - is a function in a list of cards?
 * @list: the list
 * @domain: its PCI domain
 * @bus: its bus number
 * @slot: its device number
 * @vendor: its vendor ID
 * @device: its device ID
 *
 * Context: any.
 * Return: true when an entry covers it.
 */
bool gpupt_param_list_has(const struct gpupt_match_list *list, int domain, u8 bus, u8 slot,
			  u16 vendor, u16 device);

/**
 * gpupt_param_list_denies() - does an entry name the place, but another ID?
 * @list: the list
 * @domain: PCI domain of a function
 * @bus: its bus number
 * @slot: its device number
 * @vendor: its vendor ID
 * @device: its device ID
 *
 * A card that was moved to another slot is not to be taken for the one that was
 * meant.
 *
 * Context: any.
 * Return: true when one does.
 */
bool gpupt_param_list_denies(const struct gpupt_match_list *list, int domain, u8 bus, u8 slot,
			     u16 vendor, u16 device);

/**
 * gpupt_param_take_word() - find a word in a comma separated list, and take it out
 * @text: the list, changed
 * @word: the word, around which @text may have white space
 *
 * Context: any.
 * Return: true when it was there.
 */
bool gpupt_param_take_word(char *text, const char *word);

#endif /* GPUPT_PARAM_H */
