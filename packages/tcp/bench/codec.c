/*
 * The codec's twin in C: the same ring, the same frames, the same fields into a record, the same checks. It is what a C
 * programmer would write without vector instructions: whole words, and a checksum of 64 bits with end-around carry.
 * What a stack calls is a function that is called, as in a library, since ours are called too; what these use is inlined.
 * Compile with cc -O2.
 *
 *   codec parse|build PAYLOAD   prints the nanoseconds for one segment
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <arpa/inet.h>

#define CALLED __attribute__((noinline)) static

enum { SLOTS = 64, SLOT = 2048, AHEAD = 2, BATCH = 10000, BATCHES = 101, WARM_UP = 10 };

struct ethernet { uint8_t destination[6], source[6]; uint16_t type; size_t start, end; };
struct ipv4 { uint8_t tos, ttl, protocol; uint16_t id; int df; uint32_t source, destination; size_t start, end; };
struct segment {
  uint16_t source_port, destination_port, wnd, up, mss;
  uint32_t seq, ack, ts_val, ts_ecr;
  uint8_t flags, sack_permitted, timestamps, sacks;
  int window_scale;
  const uint8_t *bytes;
  size_t start, end;
};

static uint8_t *ring;
static uint8_t payload[1460];

static uint16_t get16(const uint8_t *p) { uint16_t v; memcpy(&v, p, 2); return ntohs(v); }
static uint32_t get32(const uint8_t *p) { uint32_t v; memcpy(&v, p, 4); return ntohl(v); }
static void put16(uint8_t *p, uint16_t v) { v = htons(v); memcpy(p, &v, 2); }
static void put32(uint8_t *p, uint32_t v) { v = htonl(v); memcpy(p, &v, 4); }

/* In the order of memory: the caller compares with 0xffff or stores as it stands, so that nothing is swapped. */
CALLED uint16_t checksum(const uint8_t *p, size_t length, uint64_t sum) {
  while (length >= 8) {
    uint64_t word;
    memcpy(&word, p, 8);
    sum += word;
    sum += sum < word;
    p += 8;
    length -= 8;
  }
  sum = (sum & 0xffffffff) + (sum >> 32);
  if (length & 4) {
    uint32_t word;
    memcpy(&word, p, 4);
    sum += word;
    p += 4;
  }
  if (length & 2) {
    uint16_t word;
    memcpy(&word, p, 2);
    sum += word;
    p += 2;
  }
  if (length & 1) {
    uint8_t odd[2] = {*p, 0};
    uint16_t word;
    memcpy(&word, odd, 2);
    sum += word;
  }
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return (uint16_t)sum;
}

static uint64_t pseudo_header(uint32_t source, uint32_t destination, uint16_t length) {
  return (uint64_t)htonl(source) + htonl(destination) + htons(6) + htons(length);
}

CALLED int parse_ethernet(const uint8_t *b, size_t start, size_t end, struct ethernet *into) {
  if (end - start < 14) return 1;
  uint16_t type = get16(b + start + 12);
  if (type < 0x600 || type == 0x8100 || type == 0x88a8) return 2;
  memcpy(into->destination, b + start, 6);
  memcpy(into->source, b + start + 6, 6);
  into->type = type;
  into->start = start + 14;
  into->end = end;
  return 0;
}

CALLED int parse_ipv4(const uint8_t *b, size_t start, size_t end, struct ipv4 *into) {
  if (end - start < 20) return 1;
  const uint8_t *p = b + start;
  size_t header = (p[0] & 15) * 4, total = get16(p + 2);
  if (p[0] >> 4 != 4) return 2;
  if (header < 20 || header > end - start) return 3;
  if (total < header || total > end - start) return 4;
  if (checksum(p, header, 0) != 0xffff) return 5;
  uint16_t fragment = get16(p + 6);
  if (fragment & 0x3fff) return 6;
  into->tos = p[1];
  into->id = get16(p + 4);
  into->df = (fragment & 0x4000) != 0;
  into->ttl = p[8];
  into->protocol = p[9];
  into->source = get32(p + 12);
  into->destination = get32(p + 16);
  into->start = start + header;
  into->end = start + total;
  return 0;
}

static int parse_options(const uint8_t *b, size_t at, size_t end, struct segment *into) {
  while (at < end) {
    uint8_t kind = b[at];
    if (kind == 0) return 0;
    if (kind == 1) { at++; continue; }
    uint8_t length = at + 1 < end ? b[at + 1] : 0;
    if (length < 2 || at + length > end) return 1;
    if (kind == 8 && length == 10) {
      into->timestamps = 1;
      into->ts_val = get32(b + at + 2);
      into->ts_ecr = get32(b + at + 6);
    } else if (kind == 2 && length == 4) into->mss = get16(b + at + 2);
    else if (kind == 3 && length == 3) into->window_scale = b[at + 2] < 14 ? b[at + 2] : 14;
    else if (kind == 4 && length == 2) into->sack_permitted = 1;
    else if (kind == 5) into->sacks = (uint8_t)((length - 2) / 8);
    at += length;
  }
  return 0;
}

CALLED int parse_segment(const uint8_t *b, size_t start, size_t end, struct segment *into) {
  if (end - start < 20) return 1;
  const uint8_t *p = b + start;
  size_t header = (size_t)(p[12] >> 4) * 4;
  if (header < 20 || header > end - start) return 2;
  into->source_port = get16(p);
  into->destination_port = get16(p + 2);
  into->seq = get32(p + 4);
  into->ack = get32(p + 8);
  into->flags = p[13];
  into->wnd = get16(p + 14);
  into->up = get16(p + 18);
  into->bytes = b;
  into->start = start + header;
  into->end = end;
  into->mss = 0;
  into->window_scale = -1;
  into->sack_permitted = into->timestamps = into->sacks = 0;
  into->ts_val = into->ts_ecr = 0;
  return header == 20 ? 0 : parse_options(b, start + 20, start + header, into);
}

CALLED size_t write_ethernet(const struct ethernet *from, uint8_t *into) {
  memcpy(into, from->destination, 6);
  memcpy(into + 6, from->source, 6);
  put16(into + 12, from->type);
  return 14;
}

CALLED size_t write_ipv4(const struct ipv4 *from, uint8_t *p, size_t length) {
  p[0] = 0x45;
  p[1] = from->tos;
  put16(p + 2, (uint16_t)(20 + length));
  put16(p + 4, from->id);
  put16(p + 6, from->df ? 0x4000 : 0);
  p[8] = from->ttl;
  p[9] = from->protocol;
  memset(p + 10, 0, 2);
  put32(p + 12, from->source);
  put32(p + 16, from->destination);
  uint16_t sum = (uint16_t)~checksum(p, 20, 0);
  memcpy(p + 10, &sum, 2);
  return 20;
}

static size_t header_length(const struct segment *from) {
  size_t length = 20;
  if (from->mss) length += 4;
  if (from->timestamps) length += 12;
  else if (from->sack_permitted) length += 4;
  if (from->window_scale >= 0) length += 4;
  return length;
}

CALLED size_t write_segment(const struct segment *from, uint8_t *p, size_t room) {
  size_t header = header_length(from), length = from->end - from->start;
  if (header + length > room) abort();
  put16(p, from->source_port);
  put16(p + 2, from->destination_port);
  put32(p + 4, from->seq);
  put32(p + 8, from->ack);
  p[12] = (uint8_t)(header << 2);
  p[13] = from->flags;
  put16(p + 14, from->wnd);
  memset(p + 16, 0, 2);
  put16(p + 18, from->up);
  if (header > 20) abort(); /* The benchmark has no options. */
  memcpy(p + header, from->bytes + from->start, length);
  return header + length;
}

CALLED void fill_checksum(uint8_t *p, size_t length, uint64_t pseudo) {
  uint16_t sum = (uint16_t)~checksum(p, length, pseudo);
  memcpy(p + 16, &sum, 2);
}

static struct ethernet ethernet = {{2, 0, 0, 0, 0, 11}, {2, 0, 0, 0, 0, 10}, 0x800, 0, 0};
static struct ipv4 ipv4 = {0, 64, 6, 0, 1, 0x0a000001, 0x0a000002, 0, 0};
static struct segment segment = {.source_port = 40000, .destination_port = 80, .wnd = 65535, .ack = 0x90000000,
                                 .seq = 0x7ffff000, .flags = 0x18, .window_scale = -1, .bytes = payload};

static size_t build(size_t slot) {
  size_t at = slot * SLOT + AHEAD;
  size_t length = write_segment(&segment, ring + at + 34, SLOTS * SLOT - at - 34);
  fill_checksum(ring + at + 34, length, pseudo_header(ipv4.source, ipv4.destination, (uint16_t)length));
  write_ipv4(&ipv4, ring + at + 14, length);
  write_ethernet(&ethernet, ring + at);
  return length;
}

static uint32_t build_batch(size_t size) {
  uint32_t sum = 0;
  segment.end = size;
  for (size_t i = 0; i < BATCH; i++) {
    segment.seq += (uint32_t)size;
    ipv4.id++;
    sum += (uint32_t)build(i % SLOTS);
  }
  return sum;
}

static uint32_t parse_batch(size_t size) {
  uint32_t sum = 0;
  for (size_t i = 0; i < BATCH; i++) {
    size_t start = (i % SLOTS) * SLOT + AHEAD, end = start + 54 + size;
    if (parse_ethernet(ring, start, end, &ethernet)) abort();
    if (parse_ipv4(ring, ethernet.start, ethernet.end, &ipv4)) abort();
    uint64_t pseudo = pseudo_header(ipv4.source, ipv4.destination, (uint16_t)(ipv4.end - ipv4.start));
    if (checksum(ring + ipv4.start, ipv4.end - ipv4.start, pseudo) != 0xffff) abort();
    if (parse_segment(ring, ipv4.start, ipv4.end, &segment)) abort();
    sum += segment.seq + (uint32_t)(segment.end - segment.start);
  }
  return sum;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  size_t size = (size_t)atoi(argv[2]);
  if (size > sizeof payload) return 2;
  uint32_t (*batch)(size_t) = strcmp(argv[1], "build") == 0 ? build_batch : parse_batch;
  /* From the allocator, as the engine's array is: cache lines are crossed alike. */
  ring = calloc(SLOTS, SLOT);
  if (ring == NULL) return 1;
  for (size_t i = 0; i < sizeof payload; i++) payload[i] = (uint8_t)(i * 151 + 97);
  volatile uint32_t sink = build_batch(size);
  double times[BATCHES];
  for (int i = 0; i < WARM_UP; i++) sink += batch(size);
  for (int i = 0; i < BATCHES; i++) {
    double from = now();
    sink += batch(size);
    times[i] = (now() - from) / BATCH;
  }
  qsort(times, BATCHES, sizeof *times, ascending);
  printf("%.2f\n", times[BATCHES / 2]);
  return 0;
}
