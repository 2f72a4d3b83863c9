// AF_PACKET for raw-socket: system calls and copies, no decisions.
//
// Every function returns a count or a negative errno; `open`, `adopt` and `mapRing` return a value instead of
// the count. A socket is an opaque handle that owns its file descriptor: `close` gives it back at once, the
// garbage collector and the end of the environment (a worker's too) do it for whoever forgot.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <node_api.h>
#include <uv.h>

// Frames that one recvmmsg or sendmmsg moves at most; the headers for them live on the C stack.
enum { MAX_BATCH = 64 };

// A frame starts here in its slot, so that the IP header behind 14 bytes of Ethernet is 4-aligned.
enum { FRAME_START = 2 };

// Flags of a received frame beside the kernel's own TP_STATUS bits (checksum not ready, checksum valid, VLAN).
enum { FRAME_TRUNCATED = 1 << 16, FRAME_OUTGOING = 1 << 17 };
enum { KEPT_STATUS = TP_STATUS_CSUMNOTREADY | TP_STATUS_CSUM_VALID | TP_STATUS_VLAN_VALID };

// Events of `watch`: libuv's two, and one for an error that waits in the socket.
enum { EVENT_ERROR = 1 << 8 };

typedef struct {
  napi_env env;
  int fd; // -1 once closed
  uv_poll_t poll;
  int events;
  napi_ref callback; // held only while watching, so that a forgotten socket can be collected
  napi_async_cleanup_hook_handle cleanup;
  bool poll_closed, collected;

  uint8_t *ring; // NULL without one
  uint32_t block_bytes, block_count, block;
  napi_ref ring_buffer;
  uint32_t frames_left, frame_at; // in the block being read
  bool block_held;
} raw_socket;

// What is told about each frame: one table of columns in one ArrayBuffer, `capacity` rows.
enum { TABLE_ROW_BYTES = 8 + 6 * 4 };
typedef struct {
  double *micros;
  uint32_t *nanos, *offsets, *lengths, *wire_lengths, *flags, *vlans;
  uint32_t capacity;
} frame_table;

typedef struct {
  uint8_t *data;
  size_t length;
} bytes;

// ---- arguments and results

static napi_value number(napi_env env, int64_t value) {
  napi_value result;
  return napi_create_int64(env, value, &result) == napi_ok ? result : NULL;
}

static napi_value outcome(napi_env env, int result) { return number(env, result < 0 ? -errno : result); }

static bool arguments(napi_env env, napi_callback_info info, size_t wanted, napi_value *values) {
  size_t count = wanted;
  return napi_get_cb_info(env, info, &count, values, NULL, NULL) == napi_ok && count == wanted;
}

static bool as_socket(napi_env env, napi_value value, raw_socket **socket) {
  return napi_get_value_external(env, value, (void **)socket) == napi_ok;
}

static bool as_int(napi_env env, napi_value value, int32_t *result) {
  return napi_get_value_int32(env, value, result) == napi_ok;
}

static bool as_bytes(napi_env env, napi_value value, bytes *result) {
  napi_typedarray_type type;
  return napi_get_typedarray_info(env, value, &type, &result->length, (void **)&result->data, NULL, NULL) == napi_ok &&
         type == napi_uint8_array;
}

static bool as_uint32s(napi_env env, napi_value value, uint32_t **data, size_t *length) {
  napi_typedarray_type type;
  return napi_get_typedarray_info(env, value, &type, length, (void **)data, NULL, NULL) == napi_ok &&
         type == napi_uint32_array;
}

static bool as_table(napi_env env, napi_value value, frame_table *table) {
  void *data;
  size_t length;
  if (napi_get_arraybuffer_info(env, value, &data, &length) != napi_ok) return false;
  const uint32_t capacity = length / TABLE_ROW_BYTES;
  uint32_t *column = (uint32_t *)((double *)data + capacity);
  *table = (frame_table){data,
                         column,
                         column + capacity,
                         column + 2 * capacity,
                         column + 3 * capacity,
                         column + 4 * capacity,
                         column + 5 * capacity,
                         capacity};
  return true;
}

static void set_time(const frame_table *table, uint32_t row, int64_t seconds, int64_t nanoseconds) {
  table->micros[row] = (double)(seconds * 1000000 + nanoseconds / 1000);
  table->nanos[row] = nanoseconds % 1000;
}

// ---- life and death of a handle

static void on_poll_closed(uv_handle_t *handle) {
  raw_socket *s = handle->data;
  s->poll_closed = true;
  napi_remove_async_cleanup_hook(s->cleanup);
  if (s->collected) free(s);
}

static void stop_watching(raw_socket *s) {
  s->events = 0;
  uv_poll_stop(&s->poll);
  if (s->callback != NULL) napi_delete_reference(s->env, s->callback);
  s->callback = NULL;
}

// Cuts JavaScript's view of the ring off; it then has length 0. Fails when the memory was moved to another buffer.
static bool detach_ring_buffer(raw_socket *s) {
  napi_handle_scope scope;
  napi_value buffer;
  bool moved = true;
  if (napi_open_handle_scope(s->env, &scope) != napi_ok) return false;
  const bool detached = napi_get_reference_value(s->env, s->ring_buffer, &buffer) == napi_ok &&
                        napi_is_detached_arraybuffer(s->env, buffer, &moved) == napi_ok && !moved &&
                        napi_detach_arraybuffer(s->env, buffer) == napi_ok;
  napi_close_handle_scope(s->env, scope);
  return detached;
}

// A live mapping keeps the socket open, and the interface promiscuous, whatever happens to the descriptor. It goes
// unless someone may still look into it; at the end of the environment Node has seen to that itself.
static void unmap_ring(raw_socket *s, bool environment_ends) {
  if (s->ring == NULL) return;
  if (environment_ends || detach_ring_buffer(s)) munmap(s->ring, (size_t)s->block_bytes * s->block_count);
  napi_delete_reference(s->env, s->ring_buffer);
  s->ring = NULL;
}

static void shut(raw_socket *s, bool environment_ends) {
  if (s->fd < 0) return;
  stop_watching(s);
  uv_close((uv_handle_t *)&s->poll, on_poll_closed);
  unmap_ring(s, environment_ends);
  close(s->fd);
  s->fd = -1;
}

static void on_environment_end(napi_async_cleanup_hook_handle handle, void *data) {
  (void)handle; // on_poll_closed gives it back, when libuv has let go of the handle
  shut(data, true);
}

static void on_collected(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  raw_socket *s = data;
  shut(s, false);
  s->collected = true;
  if (s->poll_closed) free(s);
}

// Takes `fd` over. On failure the descriptor is left as it is and errno tells why.
static napi_value handle_for(napi_env env, int fd) {
  uv_loop_t *loop;
  napi_value handle;
  raw_socket *s = calloc(1, sizeof *s);
  if (s == NULL) return number(env, -ENOMEM);
  *s = (raw_socket){.env = env, .fd = fd};
  int failed = napi_get_uv_event_loop(env, &loop) == napi_ok ? uv_poll_init(loop, &s->poll, fd) : -EINVAL;
  if (failed) {
    free(s);
    return number(env, failed);
  }
  s->poll.data = s;
  napi_add_async_cleanup_hook(env, on_environment_end, s, &s->cleanup);
  if (napi_create_external(env, s, on_collected, NULL, &handle) == napi_ok) return handle;
  s->collected = true;
  s->fd = -1;
  uv_close((uv_handle_t *)&s->poll, on_poll_closed);
  return number(env, -ENOMEM);
}

// open() → handle. Bound to nothing and deaf (protocol 0) until `bind`, so that no other interface's frame slips in.
static napi_value raw_open(napi_env env, napi_callback_info info) {
  (void)info;
  const int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return number(env, -errno);
  napi_value handle = handle_for(env, fd);
  napi_valuetype type;
  if (napi_typeof(env, handle, &type) == napi_ok && type == napi_number) close(fd);
  return handle;
}

// adopt(fd) → handle. EPFNOSUPPORT when the descriptor is a socket of another kind.
static napi_value raw_adopt(napi_env env, napi_callback_info info) {
  napi_value args[1];
  int32_t fd, domain, type;
  if (!arguments(env, info, 1, args) || !as_int(env, args[0], &fd)) return number(env, -EINVAL);
  socklen_t size = sizeof domain;
  if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) < 0) return number(env, -errno);
  if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0) return number(env, -errno);
  if (domain != AF_PACKET || type != SOCK_RAW) return number(env, -EPFNOSUPPORT);
  if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0) return number(env, -errno);
  return handle_for(env, fd);
}

// close(socket) → 0, also the second time.
static napi_value raw_close(napi_env env, napi_callback_info info) {
  napi_value args[1];
  raw_socket *s;
  if (!arguments(env, info, 1, args) || !as_socket(env, args[0], &s)) return number(env, -EINVAL);
  shut(s, false);
  return number(env, 0);
}

// descriptor(socket) → fd
static napi_value raw_descriptor(napi_env env, napi_callback_info info) {
  napi_value args[1];
  raw_socket *s;
  if (!arguments(env, info, 1, args) || !as_socket(env, args[0], &s)) return number(env, -EINVAL);
  return number(env, s->fd < 0 ? -EBADF : s->fd);
}

// ---- options and addresses

// setOption(socket, level, name, bytes) → 0
static napi_value raw_set_option(napi_env env, napi_callback_info info) {
  napi_value args[4];
  raw_socket *s;
  int32_t level, name;
  bytes value;
  if (!arguments(env, info, 4, args) || !as_socket(env, args[0], &s) || !as_int(env, args[1], &level) ||
      !as_int(env, args[2], &name) || !as_bytes(env, args[3], &value))
    return number(env, -EINVAL);
  return outcome(env, setsockopt(s->fd, level, name, value.data, value.length));
}

// getOption(socket, level, name, bytes) → bytes filled in
static napi_value raw_get_option(napi_env env, napi_callback_info info) {
  napi_value args[4];
  raw_socket *s;
  int32_t level, name;
  bytes value;
  if (!arguments(env, info, 4, args) || !as_socket(env, args[0], &s) || !as_int(env, args[1], &level) ||
      !as_int(env, args[2], &name) || !as_bytes(env, args[3], &value))
    return number(env, -EINVAL);
  socklen_t length = value.length;
  return outcome(env, getsockopt(s->fd, level, name, value.data, &length) < 0 ? -1 : (int)length);
}

// bind(socket, ifindex) → 0. From here on every protocol's frames of that interface come in.
static napi_value raw_bind(napi_env env, napi_callback_info info) {
  napi_value args[2];
  raw_socket *s;
  int32_t index;
  if (!arguments(env, info, 2, args) || !as_socket(env, args[0], &s) || !as_int(env, args[1], &index))
    return number(env, -EINVAL);
  struct sockaddr_ll address = {
      .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = index};
  return outcome(env, bind(s->fd, (struct sockaddr *)&address, sizeof address));
}

// boundTo(socket) → ifindex, 0 when to none
static napi_value raw_bound_to(napi_env env, napi_callback_info info) {
  napi_value args[1];
  raw_socket *s;
  if (!arguments(env, info, 1, args) || !as_socket(env, args[0], &s)) return number(env, -EINVAL);
  struct sockaddr_ll address;
  socklen_t length = sizeof address;
  if (getsockname(s->fd, (struct sockaddr *)&address, &length) < 0) return number(env, -errno);
  return number(env, address.sll_ifindex);
}

// interfaceRequest(request, ifreq, data) → 0. `data`, unless empty, is what the ifreq points to (SIOCETHTOOL).
static napi_value raw_interface_request(napi_env env, napi_callback_info info) {
  napi_value args[3];
  int32_t request;
  bytes ifreq, data;
  if (!arguments(env, info, 3, args) || !as_int(env, args[0], &request) || !as_bytes(env, args[1], &ifreq) ||
      !as_bytes(env, args[2], &data) || ifreq.length != sizeof(struct ifreq))
    return number(env, -EINVAL);
  struct ifreq copy;
  memcpy(&copy, ifreq.data, sizeof copy);
  if (data.length > 0) copy.ifr_data = (char *)data.data;
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return number(env, -errno);
  const int result = ioctl(fd, request, &copy) < 0 ? -errno : 0;
  close(fd);
  if (result == 0 && data.length == 0) memcpy(ifreq.data, &copy, sizeof copy);
  return number(env, result);
}

// ---- readiness

static void on_poll(uv_poll_t *poll, int status, int events) {
  raw_socket *s = poll->data;
  napi_env env = s->env;
  napi_handle_scope scope;
  napi_value global, callback, happened, error;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  if (napi_get_reference_value(env, s->callback, &callback) == napi_ok &&
      napi_get_global(env, &global) == napi_ok &&
      napi_create_int32(env, status < 0 ? EVENT_ERROR : events, &happened) == napi_ok &&
      napi_make_callback(env, NULL, global, callback, 1, &happened, NULL) == napi_pending_exception &&
      napi_get_and_clear_last_exception(env, &error) == napi_ok)
    napi_fatal_exception(env, error);
  napi_close_handle_scope(env, scope);
  // libuv stops a handle whose socket has an error; the next receive takes the error away and life goes on.
  if (status < 0 && s->fd >= 0 && s->events != 0) uv_poll_start(&s->poll, s->events, on_poll);
}

// watch(socket, events, callback) → 0. Calls back in each turn of the loop in which an event holds; 0 stops.
static napi_value raw_watch(napi_env env, napi_callback_info info) {
  napi_value args[3];
  raw_socket *s;
  int32_t events;
  if (!arguments(env, info, 3, args) || !as_socket(env, args[0], &s) || !as_int(env, args[1], &events))
    return number(env, -EINVAL);
  if (s->fd < 0) return number(env, -EBADF);
  if (events == 0) {
    stop_watching(s);
    return number(env, 0);
  }
  if (s->callback == NULL && napi_create_reference(env, args[2], 1, &s->callback) != napi_ok)
    return number(env, -EINVAL);
  s->events = events;
  return number(env, uv_poll_start(&s->poll, events, on_poll));
}

// ---- frames in

static void describe(const frame_table *table, uint32_t row, const struct mmsghdr *message, uint32_t room) {
  const struct sockaddr_ll *from = message->msg_hdr.msg_name;
  const uint32_t wire_length = message->msg_len; // MSG_TRUNC asks for the real one
  uint32_t flags = from->sll_pkttype == PACKET_OUTGOING ? FRAME_OUTGOING : 0, vlan = 0;
  struct timespec time = {0};
  struct msghdr *header = (struct msghdr *)&message->msg_hdr;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c != NULL; c = CMSG_NXTHDR(header, c)) {
    if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
      memcpy(&time, CMSG_DATA(c), sizeof time);
    } else if (c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_AUXDATA) {
      struct tpacket_auxdata aux;
      memcpy(&aux, CMSG_DATA(c), sizeof aux);
      flags |= aux.tp_status & KEPT_STATUS;
      if (aux.tp_status & TP_STATUS_VLAN_VALID) vlan = (uint32_t)aux.tp_vlan_tpid << 16 | aux.tp_vlan_tci;
    }
  }
  if (wire_length > room) flags |= FRAME_TRUNCATED;
  set_time(table, row, time.tv_sec, time.tv_nsec);
  table->lengths[row] = wire_length < room ? wire_length : room;
  table->wire_lengths[row] = wire_length;
  table->flags[row] = flags;
  table->vlans[row] = vlan;
}

// receive(socket, slab, slotBytes, snapLength, table) → frames
static napi_value raw_receive(napi_env env, napi_callback_info info) {
  napi_value args[5];
  raw_socket *s;
  bytes slab;
  int32_t slot_bytes, snap_length;
  frame_table table;
  if (!arguments(env, info, 5, args) || !as_socket(env, args[0], &s) || !as_bytes(env, args[1], &slab) ||
      !as_int(env, args[2], &slot_bytes) || !as_int(env, args[3], &snap_length) || snap_length < 1 ||
      slot_bytes < FRAME_START + snap_length || !as_table(env, args[4], &table))
    return number(env, -EINVAL);
  uint32_t slots = slab.length / slot_bytes;
  if (slots > table.capacity) slots = table.capacity;
  if (slots > MAX_BATCH) slots = MAX_BATCH;

  struct mmsghdr messages[MAX_BATCH];
  struct iovec vectors[MAX_BATCH];
  struct sockaddr_ll addresses[MAX_BATCH];
  union {
    struct cmsghdr alignment;
    char space[CMSG_SPACE(sizeof(struct tpacket_auxdata)) + CMSG_SPACE(sizeof(struct timespec))];
  } controls[MAX_BATCH];
  for (uint32_t i = 0; i < slots; i++) {
    table.offsets[i] = i * slot_bytes + FRAME_START;
    vectors[i] = (struct iovec){slab.data + table.offsets[i], snap_length};
    messages[i].msg_hdr = (struct msghdr){.msg_name = &addresses[i],
                                          .msg_namelen = sizeof addresses[i],
                                          .msg_iov = &vectors[i],
                                          .msg_iovlen = 1,
                                          .msg_control = &controls[i],
                                          .msg_controllen = sizeof controls[i]};
  }
  const int count = recvmmsg(s->fd, messages, slots, MSG_DONTWAIT | MSG_TRUNC, NULL);
  if (count < 0) return number(env, -errno);
  for (int i = 0; i < count; i++) describe(&table, i, &messages[i], snap_length);
  return number(env, count);
}

// ---- frames in by TPACKET_V3: the kernel writes into memory that JavaScript reads

static void ring_collected(napi_env env, void *data, void *hint) { (void)env, (void)data, (void)hint; }

// mapRing(socket, blockBytes, blockCount) → ArrayBuffer over the ring that PACKET_RX_RING has made
static napi_value raw_map_ring(napi_env env, napi_callback_info info) {
  napi_value args[3], buffer;
  raw_socket *s;
  int32_t block_bytes, block_count;
  if (!arguments(env, info, 3, args) || !as_socket(env, args[0], &s) || !as_int(env, args[1], &block_bytes) ||
      !as_int(env, args[2], &block_count) || s->ring != NULL)
    return number(env, -EINVAL);
  const size_t length = (size_t)block_bytes * block_count;
  void *ring = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, s->fd, 0);
  if (ring == MAP_FAILED) return number(env, -errno);
  if (napi_create_external_arraybuffer(env, ring, length, ring_collected, NULL, &buffer) != napi_ok ||
      napi_create_reference(env, buffer, 1, &s->ring_buffer) != napi_ok) {
    munmap(ring, length);
    return number(env, -ENOMEM);
  }
  s->ring = ring;
  s->block_bytes = block_bytes;
  s->block_count = block_count;
  return buffer;
}

static struct tpacket_block_desc *current_block(raw_socket *s) {
  return (struct tpacket_block_desc *)(s->ring + (size_t)s->block * s->block_bytes);
}

// readRing(socket, table) → frames of the oldest block that the kernel has filled, as many as the table holds
static napi_value raw_read_ring(napi_env env, napi_callback_info info) {
  napi_value args[2];
  raw_socket *s;
  frame_table table;
  if (!arguments(env, info, 2, args) || !as_socket(env, args[0], &s) || !as_table(env, args[1], &table))
    return number(env, -EINVAL);
  if (s->fd < 0) return number(env, -EBADF);
  if (s->ring == NULL) return number(env, -EINVAL);
  struct tpacket_block_desc *block = current_block(s);
  if (!s->block_held) {
    if (!(__atomic_load_n(&block->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER)) {
      // Nothing to read: perhaps because the interface went down, which only SO_ERROR tells here.
      int error = 0;
      socklen_t size = sizeof error;
      getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &size);
      return number(env, -error);
    }
    s->block_held = true;
    s->frames_left = block->hdr.bh1.num_pkts;
    s->frame_at = block->hdr.bh1.offset_to_first_pkt;
  }
  uint32_t row = 0;
  for (; row < table.capacity && s->frames_left > 0; row++, s->frames_left--) {
    const struct tpacket3_hdr *frame = (struct tpacket3_hdr *)((uint8_t *)block + s->frame_at);
    const struct sockaddr_ll *from = (struct sockaddr_ll *)((uint8_t *)frame + TPACKET_ALIGN(sizeof *frame));
    uint32_t flags = frame->tp_status & KEPT_STATUS;
    if (from->sll_pkttype == PACKET_OUTGOING) flags |= FRAME_OUTGOING;
    if (frame->tp_len > frame->tp_snaplen) flags |= FRAME_TRUNCATED;
    set_time(&table, row, frame->tp_sec, frame->tp_nsec);
    table.offsets[row] = (uint8_t *)frame - s->ring + frame->tp_mac;
    table.lengths[row] = frame->tp_snaplen;
    table.wire_lengths[row] = frame->tp_len;
    table.flags[row] = flags;
    table.vlans[row] = frame->tp_status & TP_STATUS_VLAN_VALID
                           ? (uint32_t)frame->hv1.tp_vlan_tpid << 16 | (frame->hv1.tp_vlan_tci & 0xffff)
                           : 0;
    s->frame_at += frame->tp_next_offset;
  }
  return number(env, row);
}

// releaseBlock(socket) → 0. Hands a block back to the kernel once all its frames have been read.
static napi_value raw_release_block(napi_env env, napi_callback_info info) {
  napi_value args[1];
  raw_socket *s;
  if (!arguments(env, info, 1, args) || !as_socket(env, args[0], &s)) return number(env, -EINVAL);
  if (s->ring != NULL && s->block_held && s->frames_left == 0) {
    __atomic_store_n(&current_block(s)->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
    s->block = (s->block + 1) % s->block_count;
    s->block_held = false;
  }
  return number(env, 0);
}

// ---- frames out

// send(socket, slab, offsets, lengths, first, count) → frames taken, at most MAX_BATCH
static napi_value raw_send(napi_env env, napi_callback_info info) {
  napi_value args[6];
  raw_socket *s;
  bytes slab;
  uint32_t *offsets, *lengths;
  size_t offset_count, length_count;
  int32_t first, count;
  if (!arguments(env, info, 6, args) || !as_socket(env, args[0], &s) || !as_bytes(env, args[1], &slab) ||
      !as_uint32s(env, args[2], &offsets, &offset_count) || !as_uint32s(env, args[3], &lengths, &length_count) ||
      !as_int(env, args[4], &first) || !as_int(env, args[5], &count) || first < 0 || count < 0)
    return number(env, -EINVAL);
  if ((size_t)first + count > offset_count || (size_t)first + count > length_count) return number(env, -EINVAL);
  if (count > MAX_BATCH) count = MAX_BATCH;

  struct mmsghdr messages[MAX_BATCH];
  struct iovec vectors[MAX_BATCH];
  for (int i = 0; i < count; i++) {
    const size_t offset = offsets[first + i], length = lengths[first + i];
    if (offset + length > slab.length) return number(env, -EFAULT);
    vectors[i] = (struct iovec){slab.data + offset, length};
    messages[i].msg_hdr = (struct msghdr){.msg_iov = &vectors[i], .msg_iovlen = 1};
  }
  return outcome(env, sendmmsg(s->fd, messages, count, MSG_DONTWAIT));
}

NAPI_MODULE_INIT() {
  static const struct {
    const char *name;
    napi_callback function;
  } functions[] = {
      {"open", raw_open},
      {"adopt", raw_adopt},
      {"close", raw_close},
      {"descriptor", raw_descriptor},
      {"setOption", raw_set_option},
      {"getOption", raw_get_option},
      {"bind", raw_bind},
      {"boundTo", raw_bound_to},
      {"interfaceRequest", raw_interface_request},
      {"watch", raw_watch},
      {"receive", raw_receive},
      {"mapRing", raw_map_ring},
      {"readRing", raw_read_ring},
      {"releaseBlock", raw_release_block},
      {"send", raw_send},
  };
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    napi_value function;
    if (napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].function, NULL, &function) !=
            napi_ok ||
        napi_set_named_property(env, exports, functions[i].name, function) != napi_ok)
      return NULL;
  }
  return exports;
}
