/*
 * The floor under every HTTP probe: one static program that connects, asks, reads the answer and
 * looks at the status. It resolves no name, keeps no deadline, parses no body and explains nothing,
 * so what a probe takes beyond it is the price of doing these.
 *
 *     musl-gcc -static -Os -s -o floor benches/floor.c
 *     ./floor 127.0.0.1 8000 /health
 *
 * Exit code: 0 for a 200, 1 for anything else.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Adds to the request, or ends the program if it would not fit. */
static char *put(char *at, const char *end, const char *text)
{
    size_t length = strlen(text);
    if (length > (size_t)(end - at))
        _exit(1);
    return (char *)memcpy(at, text, length) + length;
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 1;

    struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[2]))};
    if (inet_pton(AF_INET, argv[1], &server.sin_addr) != 1)
        return 1;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&server, sizeof server) != 0)
        return 1;

    /* The headers that healthprobe sends, so that the server does the same work. */
    char request[2048];
    char *end = request + sizeof request;
    char *at = put(request, end, "GET ");
    at = put(at, end, argv[3]);
    at = put(at, end, " HTTP/1.1\r\nHost: ");
    at = put(at, end, argv[1]);
    at = put(at, end, ":");
    at = put(at, end, argv[2]);
    at = put(at, end, "\r\nConnection: close\r\nAccept: */*\r\nAccept-Encoding: identity\r\nUser-Agent: floor\r\n\r\n");
    if (write(fd, request, (size_t)(at - request)) != at - request)
        return 1;

    /* The start is kept for the status line; the rest is read, since a check would read it. */
    char answer[4096];
    size_t kept = 0;
    for (;;) {
        char rest[4096];
        ssize_t n = kept < sizeof answer ? read(fd, answer + kept, sizeof answer - kept)
                                         : read(fd, rest, sizeof rest);
        if (n < 0)
            return 1;
        if (n == 0)
            break;
        if (kept < sizeof answer)
            kept += (size_t)n;
    }

    return !(kept >= 12 && memcmp(answer, "HTTP/1.", 7) == 0 && memcmp(answer + 8, " 200", 4) == 0);
}
