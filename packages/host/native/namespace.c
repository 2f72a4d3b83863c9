// User and network namespaces, held by file descriptors.
//
// A process with several threads, as Node is, may not enter a user namespace. So each call here runs in a short-lived
// child that shares this process's memory and descriptor table (as posix_spawn's does): the child enters the
// namespace, opens one thing there, and ends; the descriptor it opened is ours. A namespace lives exactly as long as
// something refers to it, so when this process dies, however it dies, the kernel removes what nobody else is in.
//
// Every function returns a value (mostly a file descriptor) or a negative errno.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <node_api.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

// What a child does once it is inside. `act` returns a value or a negative errno.
struct visit {
  int user_fd; // a user namespace to enter, or -1 for the one we are in
  int net_fd;  // a network namespace to enter, or -1
  int (*act)(struct visit *);
  int number[3];
  char path[256];
  char identity[2][32]; // lines for uid_map and gid_map
  int result;
};

static int run_visit(void *argument) {
  struct visit *visit = argument;
  if (visit->user_fd >= 0 && setns(visit->user_fd, CLONE_NEWUSER) != 0) {
    visit->result = -errno;
  } else if (visit->net_fd >= 0 && setns(visit->net_fd, CLONE_NEWNET) != 0) {
    visit->result = -errno;
  } else {
    visit->result = visit->act(visit);
  }
  _exit(0);
}

static int perform(struct visit *visit) {
  _Alignas(16) char stack[64 * 1024];
  sigset_t all, before;
  // Stands when the child is killed before it has a result, as some sandboxes do at the first forbidden call.
  visit->result = -EPERM;
  // The child runs on our memory: no handler of ours may run in it. On Linux sigprocmask is about this thread alone.
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, &before);
  // CLONE_VFORK: we stand still until the child has ended. No exit signal, so that nobody else's wait sees it.
  pid_t child = clone(run_visit, stack + sizeof stack, CLONE_VM | CLONE_VFORK | CLONE_FILES, visit);
  int failure = errno;
  while (child > 0 && waitpid(child, NULL, __WCLONE) < 0 && errno == EINTR) continue;
  sigprocmask(SIG_SETMASK, &before, NULL);
  return child < 0 ? -failure : visit->result;
}

static int open_path(const char *path, int flags) {
  int fd = open(path, flags | O_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

static int write_line(const char *path, const char *line) {
  int fd = open_path(path, O_WRONLY);
  if (fd < 0) return fd;
  int failure = write(fd, line, strlen(line)) < 0 ? errno : 0;
  close(fd);
  return -failure;
}

static int act_create_user(struct visit *visit) {
  if (unshare(CLONE_NEWUSER) != 0) return -errno;
  // user_namespaces(7): a gid_map may only be written once setgroups is denied.
  int rc = write_line("/proc/self/setgroups", "deny");
  if (rc == 0) rc = write_line("/proc/self/uid_map", visit->identity[0]);
  if (rc == 0) rc = write_line("/proc/self/gid_map", visit->identity[1]);
  return rc == 0 ? open_path("/proc/self/ns/user", O_RDONLY) : rc;
}

static int act_create_network(struct visit *visit) {
  (void)visit;
  if (unshare(CLONE_NEWNET) != 0) return -errno;
  return open_path("/proc/self/ns/net", O_RDONLY);
}

static int act_socket(struct visit *visit) {
  int fd = socket(visit->number[0], visit->number[1] | SOCK_NONBLOCK | SOCK_CLOEXEC, visit->number[2]);
  return fd < 0 ? -errno : fd;
}

static int act_open(struct visit *visit) { return open_path(visit->path, visit->number[0]); }

// ---- N-API: integers in, one integer out ----

static int read_arguments(napi_env env, napi_callback_info info, napi_value *values, size_t wanted) {
  size_t count = wanted;
  if (napi_get_cb_info(env, info, &count, values, NULL, NULL) == napi_ok && count == wanted) return 1;
  napi_throw_type_error(env, NULL, "wrong number of arguments");
  return 0;
}

static int32_t to_int(napi_env env, napi_value value) {
  int32_t number = -1;
  napi_get_value_int32(env, value, &number);
  return number;
}

static napi_value from_int(napi_env env, int number) {
  napi_value value;
  napi_create_int32(env, number, &value);
  return value;
}

// createUser(): fd. Its only user is root, who outside is the caller.
static napi_value create_user(napi_env env, napi_callback_info info) {
  (void)info;
  struct visit visit = {.user_fd = -1, .net_fd = -1, .act = act_create_user};
  snprintf(visit.identity[0], sizeof visit.identity[0], "0 %u 1", (unsigned)geteuid());
  snprintf(visit.identity[1], sizeof visit.identity[1], "0 %u 1", (unsigned)getegid());
  return from_int(env, perform(&visit));
}

// createNetwork(userFd): fd
static napi_value create_network(napi_env env, napi_callback_info info) {
  napi_value values[1];
  if (!read_arguments(env, info, values, 1)) return NULL;
  struct visit visit = {.user_fd = to_int(env, values[0]), .net_fd = -1, .act = act_create_network};
  return from_int(env, perform(&visit));
}

// socket(userFd, netFd, domain, type, protocol): fd, non-blocking
static napi_value open_socket(napi_env env, napi_callback_info info) {
  napi_value values[5];
  if (!read_arguments(env, info, values, 5)) return NULL;
  struct visit visit = {.user_fd = to_int(env, values[0]), .net_fd = to_int(env, values[1]), .act = act_socket};
  for (int i = 0; i < 3; i++) visit.number[i] = to_int(env, values[2 + i]);
  return from_int(env, perform(&visit));
}

// open(userFd, netFd, path, flags): fd. What is under /proc/sys/net depends on the namespace of the opener.
static napi_value open_file(napi_env env, napi_callback_info info) {
  napi_value values[4];
  if (!read_arguments(env, info, values, 4)) return NULL;
  struct visit visit = {.user_fd = to_int(env, values[0]), .net_fd = to_int(env, values[1]), .act = act_open};
  size_t length = 0;
  if (napi_get_value_string_utf8(env, values[2], NULL, 0, &length) != napi_ok) return from_int(env, -EINVAL);
  if (length >= sizeof visit.path) return from_int(env, -ENAMETOOLONG);
  napi_get_value_string_utf8(env, values[2], visit.path, sizeof visit.path, &length);
  visit.number[0] = to_int(env, values[3]);
  return from_int(env, perform(&visit));
}

NAPI_MODULE_INIT() {
  static const struct {
    const char *name;
    napi_callback function;
  } functions[] = {
      {"createUser", create_user},
      {"createNetwork", create_network},
      {"socket", open_socket},
      {"open", open_file},
  };
  for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
    napi_value function;
    napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].function, NULL, &function);
    napi_set_named_property(env, exports, functions[i].name, function);
  }
  return exports;
}
