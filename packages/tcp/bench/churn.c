/* connect, accept, close over the kernel's loopback, one connection after the other: `churn COUNT` prints their number in
 * a second of wall time. The client closes first, and a zero linger keeps TIME-WAIT from using up the ports. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void must(int ok, const char *what) {
  if (ok < 0) {
    perror(what);
    exit(1);
  }
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
  int count = argc > 1 ? atoi(argv[1]) : 20000;
  int one = 1;
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof at;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  must(listener, "socket");
  must(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one), "setsockopt");
  must(bind(listener, (struct sockaddr *)&at, sizeof at), "bind");
  must(listen(listener, 128), "listen");
  must(getsockname(listener, (struct sockaddr *)&at, &length), "getsockname");
  struct linger none = {.l_onoff = 1, .l_linger = 0};
  double start = now();
  for (int i = 0; i < count; i++) {
    int client = socket(AF_INET, SOCK_STREAM, 0);
    must(client, "socket");
    must(connect(client, (struct sockaddr *)&at, sizeof at), "connect");
    int server = accept(listener, NULL, NULL);
    must(server, "accept");
    must(setsockopt(client, SOL_SOCKET, SO_LINGER, &none, sizeof none), "linger");
    close(client);
    close(server);
  }
  printf("%.0f\n", count / (now() - start));
  return 0;
}
