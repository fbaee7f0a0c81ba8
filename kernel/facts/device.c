/* SPDX-License-Identifier: Apache-2.0 */
/*
 * device.c - /dev/socle: each open file holds the text of the last fact asked for
 */
#include <errno.h>
#include <string.h>
#include <socle/file.h>
#include <socle/lock.h>
#include <socle/mem.h>
#include <socle/mm.h>
#include "facts.h"

#define QUESTION_BYTES 128u

struct answer {
	struct mutex lock;
	struct fact_text text;
	size_t read;			/* bytes that were read already */
};

static int ask(struct answer *a, char *question)
{
	size_t name = strcspn(question, " \n"), args, end;
	const struct fact *f = fact_find(question, name);

	if (!f)
		return -EINVAL;
	args = name + strspn(question + name, " ");
	end = args + strcspn(question + args, "\n");
	while (end > args && question[end - 1] == ' ')
		end--;
	question[end] = 0;
	a->text.len = a->read = 0;
	a->text.failed = false;
	return f->tell(&a->text, question + args);
}

static long answer_write(struct file *f, u64 buf, size_t n, u64 *pos)
{
	struct answer *a = f->priv;
	char question[QUESTION_BYTES];
	int err;

	(void)pos;
	if (n >= sizeof(question))
		return -EINVAL;
	if (copy_from_app(question, buf, n))
		return -EFAULT;
	question[n] = 0;
	mutex_lock(&a->lock);
	err = ask(a, question);
	mutex_unlock(&a->lock);
	return err ? err : (long)n;
}

static long answer_read(struct file *f, u64 buf, size_t n, u64 *pos)
{
	struct answer *a = f->priv;
	size_t part;
	long ret;

	(void)pos;
	mutex_lock(&a->lock);
	part = MIN(n, a->text.len - a->read);
	if (part)
		ret = copy_to_app(buf, a->text.buf + a->read, part) ? -EFAULT : (long)part;
	else
		ret = a->text.failed ? -ENOMEM : 0;
	if (ret > 0)
		a->read += part;
	mutex_unlock(&a->lock);
	return ret;
}

static void answer_release(struct file *f)
{
	struct answer *a = f->priv;

	kfree(a->text.buf);
	kfree(a);
}

static const struct file_ops answer_ops = {
	.name = "socle", .read = answer_read, .write = answer_write, .release = answer_release,
};

static int answer_open(struct file **out, u32 flags)
{
	struct answer *a = kmalloc(sizeof(*a));

	if (!a)
		return -ENOMEM;
	mutex_init(&a->lock);
	*out = file_create(&answer_ops, a, flags);
	if (*out)
		return 0;
	kfree(a);
	return -ENOMEM;
}

static struct chardev device = { .path = "/dev/socle", .open = answer_open };

void facts_device_init(void)
{
	chardev_register(&device);
}
