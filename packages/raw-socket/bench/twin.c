// What the driver is measured against: the same work on packet sockets in plain C.
//
//   twin transmit INTERFACE FRAMES BYTES       sendmmsg as fast as it goes     prints: frames seconds
//   twin pace INTERFACE RATE FRAMES BYTES      a steady rate, frames stamped   prints: frames seconds
//   twin latency INTERFACE FRAMES              recv, one frame at a time       prints: listening, then median of stamp to return, ns
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>

enum { BATCH = 64, STAMP_AT = 16, EXPERIMENT = 0x88b5, MAX_FRAME = 2048 };

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void die(const char *what) {
  perror(what);
  exit(1);
}

static int packet_socket(const char *name, int protocol) {
  const int fd = socket(AF_PACKET, SOCK_RAW, 0);
  if (fd < 0) die("socket");
  struct sockaddr_ll address = {
      .sll_family = AF_PACKET, .sll_protocol = htons(protocol), .sll_ifindex = if_nametoindex(name)};
  if (address.sll_ifindex == 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0) die(name);
  return fd;
}

static uint8_t frames[BATCH][MAX_FRAME];
static struct mmsghdr messages[BATCH];
static struct iovec vectors[BATCH];

static void prepare(int length) {
  for (int i = 0; i < BATCH; i++) {
    memset(frames[i], 0xff, 6);
    frames[i][12] = EXPERIMENT >> 8;
    frames[i][13] = EXPERIMENT & 0xff;
    vectors[i] = (struct iovec){frames[i], length};
    messages[i].msg_hdr = (struct msghdr){.msg_iov = &vectors[i], .msg_iovlen = 1};
  }
}

static int send_some(int fd, int count) {
  const int sent = sendmmsg(fd, messages, count, 0);
  if (sent < 0 && errno != ENOBUFS) die("sendmmsg");
  return sent < 0 ? 0 : sent;
}

static void transmit(int fd, int64_t count) {
  const int64_t start = now();
  for (int64_t sent = 0; sent < count;) sent += send_some(fd, count - sent < BATCH ? count - sent : BATCH);
  printf("%lld %.9f\n", (long long)count, (now() - start) / 1e9);
}

static void pace(int fd, int64_t rate, int64_t count) {
  const int64_t start = now();
  for (int64_t sent = 0; sent < count;) {
    int64_t due = (now() - start) * rate / 1000000000 + 1 - sent;
    if (due > count - sent) due = count - sent;
    if (due > BATCH) due = BATCH;
    const int64_t stamp = now();
    for (int i = 0; i < due; i++) memcpy(frames[i] + STAMP_AT, &stamp, sizeof stamp);
    if (due > 0) sent += send_some(fd, due);
  }
  printf("%lld %.9f\n", (long long)count, (now() - start) / 1e9);
}

static int ascending(const void *a, const void *b) {
  const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

static void latency(int fd, int64_t count) {
  int64_t *waits = malloc(count * sizeof *waits);
  if (waits == NULL) die("malloc");
  // A frame lost on a busy machine must not keep us here.
  const struct timeval patience = {.tv_sec = 3};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  puts("listening");
  fflush(stdout);
  int64_t heard = 0;
  for (; heard < count; heard++) {
    uint8_t frame[MAX_FRAME];
    int64_t stamp;
    if (recv(fd, frame, sizeof frame, 0) < 0) break;
    memcpy(&stamp, frame + STAMP_AT, sizeof stamp);
    waits[heard] = now() - stamp;
  }
  if (heard == 0) die("recv");
  qsort(waits, heard, sizeof *waits, ascending);
  printf("%lld\n", (long long)waits[heard / 2]);
}

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "";
  if (strcmp(what, "transmit") == 0 && argc == 5) {
    prepare(atoi(argv[4]));
    transmit(packet_socket(argv[2], 0), atoll(argv[3]));
  } else if (strcmp(what, "pace") == 0 && argc == 6) {
    prepare(atoi(argv[5]));
    pace(packet_socket(argv[2], 0), atoll(argv[3]), atoll(argv[4]));
  } else if (strcmp(what, "latency") == 0 && argc == 4) {
    latency(packet_socket(argv[2], EXPERIMENT), atoll(argv[3]));
  } else {
    fprintf(stderr, "twin: see the head of its source for what it can do\n");
    return 2;
  }
  return 0;
}
