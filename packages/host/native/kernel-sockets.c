// The kernel's own sockets, call by call.
//
// One function per system call: bytes and integers in, the call's value or a negative errno out. Nothing is decided
// here: addresses, option values and netlink messages are read and written in TypeScript. No call waits: sockets are
// made non-blocking, poll and epoll_wait return at once, and `watch` tells when a descriptor has become ready.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <node_api.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>
#include <uv.h>

#define MOST_ARGUMENTS 6

// The arguments of one call, read once.
struct call {
  napi_env env;
  napi_value values[MOST_ARGUMENTS];
};

static int begin(struct call *call, napi_env env, napi_callback_info info, size_t wanted) {
  size_t count = MOST_ARGUMENTS;
  call->env = env;
  if (napi_get_cb_info(env, info, &count, call->values, NULL, NULL) == napi_ok && count == wanted) return 1;
  napi_throw_type_error(env, NULL, "wrong number of arguments");
  return 0;
}

static int integer(struct call *call, int index) {
  int32_t number = -1;
  napi_get_value_int32(call->env, call->values[index], &number);
  return number;
}

// The memory of a typed array argument; anything else counts as empty.
static void *bytes(struct call *call, int index, size_t *length) {
  napi_typedarray_type type;
  void *data = NULL;
  *length = 0;
  if (napi_get_typedarray_info(call->env, call->values[index], &type, length, &data, NULL, NULL) != napi_ok) return NULL;
  if (type == napi_int32_array) *length *= sizeof(int32_t);
  return *length == 0 ? NULL : data;
}

static napi_value give(struct call *call, ssize_t result) {
  napi_value value;
  napi_create_int32(call->env, result < 0 ? -errno : (int32_t)result, &value);
  return value;
}

#define CALL(name, count)                                               \
  static napi_value name(napi_env environment, napi_callback_info info) { \
    struct call call;                                                   \
    if (!begin(&call, environment, info, count)) return NULL;

// socket(domain, type, protocol): fd
CALL(call_socket, 3)
  int type = integer(&call, 1) | SOCK_NONBLOCK | SOCK_CLOEXEC;
  return give(&call, socket(integer(&call, 0), type, integer(&call, 2)));
}

// bind(fd, address)
CALL(call_bind, 2)
  size_t length;
  void *address = bytes(&call, 1, &length);
  return give(&call, bind(integer(&call, 0), address, (socklen_t)length));
}

// connect(fd, address)
CALL(call_connect, 2)
  size_t length;
  void *address = bytes(&call, 1, &length);
  return give(&call, connect(integer(&call, 0), address, (socklen_t)length));
}

// listen(fd, backlog)
CALL(call_listen, 2)
  return give(&call, listen(integer(&call, 0), integer(&call, 1)));
}

// accept4(fd, flags, address out): fd
CALL(call_accept4, 3)
  size_t room;
  void *address = bytes(&call, 2, &room);
  socklen_t length = (socklen_t)room;
  return give(&call, accept4(integer(&call, 0), address, &length, integer(&call, 1) | SOCK_CLOEXEC));
}

// getsockname(fd, address out): length of the address
CALL(call_getsockname, 2)
  size_t room;
  void *address = bytes(&call, 1, &room);
  socklen_t length = (socklen_t)room;
  int rc = getsockname(integer(&call, 0), address, &length);
  return give(&call, rc < 0 ? rc : (ssize_t)length);
}

// getpeername(fd, address out): length of the address
CALL(call_getpeername, 2)
  size_t room;
  void *address = bytes(&call, 1, &room);
  socklen_t length = (socklen_t)room;
  int rc = getpeername(integer(&call, 0), address, &length);
  return give(&call, rc < 0 ? rc : (ssize_t)length);
}

// read(fd, data out): octets
CALL(call_read, 2)
  size_t length;
  void *data = bytes(&call, 1, &length);
  return give(&call, read(integer(&call, 0), data, length));
}

// write(fd, data): octets
CALL(call_write, 2)
  size_t length;
  void *data = bytes(&call, 1, &length);
  return give(&call, write(integer(&call, 0), data, length));
}

// recvmsg(fd, data out, flags, address out, control out, [address length, control length, flags] out): octets
CALL(call_recvmsg, 6)
  struct iovec vector;
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
  size_t name_room, facts_room;
  vector.iov_base = bytes(&call, 1, &vector.iov_len);
  message.msg_name = bytes(&call, 3, &name_room);
  message.msg_namelen = (socklen_t)name_room;
  message.msg_control = bytes(&call, 4, &message.msg_controllen);
  int32_t *facts = bytes(&call, 5, &facts_room);
  ssize_t rc = recvmsg(integer(&call, 0), &message, integer(&call, 2) | MSG_CMSG_CLOEXEC);
  if (rc >= 0 && facts_room >= 3 * sizeof *facts) {
    facts[0] = (int32_t)message.msg_namelen;
    facts[1] = (int32_t)message.msg_controllen;
    facts[2] = message.msg_flags & ~MSG_CMSG_CLOEXEC;
  }
  return give(&call, rc);
}

// sendmsg(fd, data, flags, address, control): octets
CALL(call_sendmsg, 5)
  struct iovec vector;
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
  size_t name_length;
  vector.iov_base = bytes(&call, 1, &vector.iov_len);
  message.msg_name = bytes(&call, 3, &name_length);
  message.msg_namelen = (socklen_t)name_length;
  message.msg_control = bytes(&call, 4, &message.msg_controllen);
  // Node ignores SIGPIPE, and so EPIPE comes back as a value; a host program need not.
  return give(&call, sendmsg(integer(&call, 0), &message, integer(&call, 2) | MSG_NOSIGNAL));
}

// shutdown(fd, how)
CALL(call_shutdown, 2)
  return give(&call, shutdown(integer(&call, 0), integer(&call, 1)));
}

// close(fd)
CALL(call_close, 1)
  return give(&call, close(integer(&call, 0)));
}

// setsockopt(fd, level, name, value)
CALL(call_setsockopt, 4)
  size_t length;
  void *value = bytes(&call, 3, &length);
  return give(&call, setsockopt(integer(&call, 0), integer(&call, 1), integer(&call, 2), value, (socklen_t)length));
}

// getsockopt(fd, level, name, value out): octets of the value
CALL(call_getsockopt, 4)
  size_t room;
  void *value = bytes(&call, 3, &room);
  socklen_t length = (socklen_t)room;
  int rc = getsockopt(integer(&call, 0), integer(&call, 1), integer(&call, 2), value, &length);
  return give(&call, rc < 0 ? rc : (ssize_t)length);
}

// fcntl(fd, command, argument): value
CALL(call_fcntl, 3)
  return give(&call, fcntl(integer(&call, 0), integer(&call, 1), integer(&call, 2)));
}

// ioctl(fd, request, memory in and out)
CALL(call_ioctl, 3)
  size_t length;
  void *memory = bytes(&call, 2, &length);
  return give(&call, ioctl(integer(&call, 0), (unsigned)integer(&call, 1), memory));
}

// interfaceRequest(fd, request, struct ifreq in and out, what its data pointer is to point to)
CALL(call_interface_request, 4)
  size_t room, length;
  struct ifreq *request = bytes(&call, 2, &room);
  void *data = bytes(&call, 3, &length);
  errno = EINVAL;
  if (room < sizeof *request) return give(&call, -1);
  if (data != NULL) request->ifr_data = data;
  return give(&call, ioctl(integer(&call, 0), (unsigned)integer(&call, 1), request));
}

// poll(array of struct pollfd, in and out): how many are ready now
CALL(call_poll, 1)
  size_t length;
  struct pollfd *entries = bytes(&call, 0, &length);
  return give(&call, poll(entries, length / sizeof *entries, 0));
}

// epollCreate(): fd
CALL(call_epoll_create, 0)
  return give(&call, epoll_create1(EPOLL_CLOEXEC));
}

// epollCtl(epoll fd, operation, fd, events)
CALL(call_epoll_ctl, 4)
  struct epoll_event event = {.events = (uint32_t)integer(&call, 3), .data.fd = integer(&call, 2)};
  return give(&call, epoll_ctl(integer(&call, 0), integer(&call, 1), integer(&call, 2), &event));
}

// epollWait(epoll fd, [fd, events] pairs out): how many are ready now
CALL(call_epoll_wait, 2)
  struct epoll_event events[64];
  size_t length;
  int32_t *pairs = bytes(&call, 1, &length);
  int most = (int)(length / (2 * sizeof *pairs));
  int ready = epoll_wait(integer(&call, 0), events, most > 64 ? 64 : most, 0);
  for (int i = 0; i < ready; i++) {
    pairs[2 * i] = events[i].data.fd;
    pairs[2 * i + 1] = (int32_t)events[i].events;
  }
  return give(&call, ready);
}

// ---- Readiness: one uv_poll handle per watched descriptor, armed for one report at a time ----

struct watch {
  uv_poll_t poll; // first: libuv's pointer to it is a pointer to this
  napi_env env;
  napi_ref callback;
  napi_async_cleanup_hook_handle hook;
  int wanted;
  int closing;
};

static void report(uv_poll_t *poll, int status, int events) {
  struct watch *watch = (struct watch *)poll;
  napi_handle_scope scope;
  napi_value receiver, callback, argument;
  uv_poll_stop(poll);
  napi_open_handle_scope(watch->env, &scope);
  napi_get_global(watch->env, &receiver);
  napi_get_reference_value(watch->env, watch->callback, &callback);
  // libuv gives a descriptor in error as EBADF. The next call on the socket names the real errno, so wake everybody.
  napi_create_int32(watch->env, status < 0 ? watch->wanted : events, &argument);
  napi_make_callback(watch->env, NULL, receiver, callback, 1, &argument, NULL);
  napi_close_handle_scope(watch->env, scope);
}

static void forget(uv_handle_t *handle) {
  struct watch *watch = (struct watch *)handle;
  napi_remove_async_cleanup_hook(watch->hook);
  free(watch);
}

static void end_watch(struct watch *watch) {
  if (watch->closing) return;
  watch->closing = 1;
  uv_poll_stop(&watch->poll);
  napi_delete_reference(watch->env, watch->callback);
  uv_close((uv_handle_t *)&watch->poll, forget);
}

static void end_watch_with_environment(napi_async_cleanup_hook_handle hook, void *data) {
  (void)hook;
  end_watch(data);
}

static struct watch *watched(struct call *call) {
  void *watch = NULL;
  napi_get_value_external(call->env, call->values[0], &watch);
  return watch;
}

// watch(fd, callback(events)): a handle, or a negative errno. The handle must be given to unwatch, before close(fd).
CALL(call_watch, 2)
  uv_loop_t *loop;
  napi_value handle;
  struct watch *watch = calloc(1, sizeof *watch);
  napi_get_uv_event_loop(call.env, &loop);
  int rc = watch == NULL ? UV_ENOMEM : uv_poll_init(loop, &watch->poll, integer(&call, 0));
  if (rc != 0) {
    free(watch);
    errno = -rc;
    return give(&call, -1);
  }
  watch->env = call.env;
  napi_create_reference(call.env, call.values[1], 1, &watch->callback);
  napi_add_async_cleanup_hook(call.env, end_watch_with_environment, watch, &watch->hook);
  napi_create_external(call.env, watch, NULL, NULL, &handle);
  return handle;
}

// arm(handle, events): report once, as soon as one of these holds; 0 disarms
CALL(call_arm, 2)
  struct watch *watch = watched(&call);
  watch->wanted = integer(&call, 1);
  int rc = watch->wanted == 0 ? uv_poll_stop(&watch->poll) : uv_poll_start(&watch->poll, watch->wanted, report);
  errno = -rc;
  return give(&call, rc == 0 ? 0 : -1);
}

// unwatch(handle)
CALL(call_unwatch, 1)
  end_watch(watched(&call));
  return give(&call, 0);
}

NAPI_MODULE_INIT() {
  static const struct {
    const char *name;
    napi_callback function;
  } functions[] = {
      {"socket", call_socket},           {"bind", call_bind},
      {"connect", call_connect},         {"listen", call_listen},
      {"accept4", call_accept4},         {"getsockname", call_getsockname},
      {"getpeername", call_getpeername}, {"read", call_read},
      {"write", call_write},             {"recvmsg", call_recvmsg},
      {"sendmsg", call_sendmsg},         {"shutdown", call_shutdown},
      {"close", call_close},             {"setsockopt", call_setsockopt},
      {"getsockopt", call_getsockopt},   {"fcntl", call_fcntl},
      {"ioctl", call_ioctl},             {"interfaceRequest", call_interface_request},
      {"poll", call_poll},
      {"epollCreate", call_epoll_create}, {"epollCtl", call_epoll_ctl},
      {"epollWait", call_epoll_wait},    {"watch", call_watch},
      {"arm", call_arm},                 {"unwatch", call_unwatch},
  };
  for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
    napi_value function;
    napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].function, NULL, &function);
    napi_set_named_property(env, exports, functions[i].name, function);
  }
  return exports;
}
