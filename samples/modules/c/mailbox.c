// SPDX-License-Identifier: GPL-2.0
/* Synchronous against asynchronous: a value seen at the next read only, and one that wakes readers.
 *
 * /sys/kernel/mailbox/value is a value that changes; who reads it again sees that, and who polls it
 * for POLLPRI is told. /dev/mailbox holds one message: reading sleeps until there is one. */
#include <linux/fs.h>
#include <linux/kobject.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/sysfs.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#define MESSAGE_MAX 64

static int value;
static char message[MESSAGE_MAX];
static size_t length;
static DEFINE_MUTEX(lock);
static DECLARE_WAIT_QUEUE_HEAD(queue);
static struct fasync_struct *readers;
static struct kobject *mailbox_kobj;

static ssize_t value_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", value);
}

static ssize_t value_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			   size_t count)
{
	int ret = kstrtoint(buf, 10, &value);

	if (ret)
		return ret;
	sysfs_notify(kobj, NULL, "value");
	return count;
}

static struct kobj_attribute value_attribute = __ATTR(value, 0644, value_show, value_store);

static ssize_t mailbox_read(struct file *file, char __user *buf, size_t count, loff_t *ppos)
{
	mutex_lock(&lock);
	while (!length) {
		mutex_unlock(&lock);
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(queue, length))
			return -ERESTARTSYS;
		mutex_lock(&lock);
	}
	count = min_t(size_t, count, length);
	if (copy_to_user(buf, message, count)) {
		mutex_unlock(&lock);
		return -EFAULT;
	}
	length = 0;
	mutex_unlock(&lock);
	wake_up_interruptible(&queue);
	return count;
}

static ssize_t mailbox_write(struct file *file, const char __user *buf, size_t count, loff_t *ppos)
{
	if (count > MESSAGE_MAX)
		return -EMSGSIZE;
	mutex_lock(&lock);
	while (length) {
		mutex_unlock(&lock);
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(queue, !length))
			return -ERESTARTSYS;
		mutex_lock(&lock);
	}
	if (copy_from_user(message, buf, count)) {
		mutex_unlock(&lock);
		return -EFAULT;
	}
	length = count;
	mutex_unlock(&lock);
	wake_up_interruptible(&queue);
	kill_fasync(&readers, SIGIO, POLL_IN);
	return count;
}

static int mailbox_fasync(int fd, struct file *file, int on)
{
	return fasync_helper(fd, file, on, &readers);
}

static __poll_t mailbox_poll(struct file *file, poll_table *wait)
{
	poll_wait(file, &queue, wait);
	return length ? EPOLLIN | EPOLLRDNORM : EPOLLOUT | EPOLLWRNORM;
}

static const struct file_operations mailbox_fops = {
	.owner = THIS_MODULE,
	.read = mailbox_read,
	.write = mailbox_write,
	.poll = mailbox_poll,
	.fasync = mailbox_fasync,
};

static struct miscdevice mailbox = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "mailbox",
	.fops = &mailbox_fops,
	.mode = 0666,
};

static int __init mailbox_init(void)
{
	int ret;

	mailbox_kobj = kobject_create_and_add("mailbox", kernel_kobj);
	if (!mailbox_kobj)
		return -ENOMEM;
	ret = sysfs_create_file(mailbox_kobj, &value_attribute.attr);
	if (!ret)
		ret = misc_register(&mailbox);
	if (ret)
		kobject_put(mailbox_kobj);
	return ret;
}

static void __exit mailbox_exit(void)
{
	misc_deregister(&mailbox);
	kobject_put(mailbox_kobj);
}

module_init(mailbox_init);
module_exit(mailbox_exit);
MODULE_LICENSE("GPL");
