package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// serveAs names the environment variable that makes this program the server, and says of which kind.
const serveAs = "VOKI_BENCH_SERVE"

// addresses are where a server listens: each gives the client another set of ephemeral ports.
var addresses = []string{"127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"}

// service is what is measured.
type service interface {
	http.Handler
	prepare(calls int) ([]seats, error)
	stop()
}

// seats are the two ends of a call, each with what it connects with.
type seats struct {
	Room            string
	Customer, Agent string // paths and queries of the handshakes
	JoinWith        string // the first frame
}

// stats is what a server says of itself.
type stats struct {
	RSS   int64         // bytes
	Heap  uint64        // bytes of live objects
	Stack uint64        // bytes of goroutines' stacks
	CPU   time.Duration // of user and system, since the process began
	Count int           // goroutines
}

// answer is one line from a server.
type answer struct {
	Port  int
	Seats []seats
	Stats stats
	Err   string
}

// serve is the server's process: it answers commands on its standard input until that ends.
func serve(kind string) error {
	s, err := newService(kind)
	if err != nil {
		return err
	}
	defer s.stop()
	server := &http.Server{Handler: s, ReadHeaderTimeout: time.Minute}
	port := 0
	for _, address := range addresses {
		l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", net.JoinHostPort(address, strconv.Itoa(port)))
		if err != nil {
			return err
		}
		port = l.Addr().(*net.TCPAddr).Port
		go func() { _ = server.Serve(l) }()
	}
	defer func() { _ = server.Close() }()
	out := json.NewEncoder(os.Stdout)
	if err := out.Encode(answer{Port: port}); err != nil {
		return err
	}
	profile := profiler(kind)
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		var a answer
		command, argument, _ := strings.Cut(in.Text(), " ")
		switch command {
		case "prepare":
			n, err := strconv.Atoi(argument)
			if err == nil {
				a.Seats, err = s.prepare(n)
			}
			if err != nil {
				a.Err = err.Error()
			}
		case "collect":
			for range 3 { // what the first leaves in pools goes with the next
				runtime.GC()
			}
			debug.FreeOSMemory()
			a.Stats = measure()
		case "stats":
			profile()
			a.Stats = measure()
		}
		if err := out.Encode(a); err != nil {
			return err
		}
	}
	return in.Err()
}

// profileTo names the environment variable with the folder of CPU profiles, if any are wanted.
const profileTo = "VOKI_BENCH_PROFILE"

// profiler writes a CPU profile of what the server does between two questions for its stats.
func profiler(kind string) func() {
	dir := os.Getenv(profileTo)
	if dir == "" {
		return func() {}
	}
	var running *os.File
	n := 0
	return func() {
		if running != nil {
			pprof.StopCPUProfile()
			_ = running.Close()
			running = nil
			return
		}
		n++
		f, err := os.Create(filepath.Join(dir, fmt.Sprintf("%s-%d.pprof", kind, n)))
		if err == nil && pprof.StartCPUProfile(f) == nil {
			running = f
		}
	}
}

func measure() (s stats) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	s.Heap, s.Stack, s.Count = m.HeapAlloc, m.StackInuse, runtime.NumGoroutine()
	if text, err := os.ReadFile("/proc/self/statm"); err == nil {
		if f := strings.Fields(string(text)); len(f) > 1 {
			pages, _ := strconv.ParseInt(f[1], 10, 64)
			s.RSS = pages * int64(os.Getpagesize())
		}
	}
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) == nil {
		s.CPU = time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	return s
}

func newService(kind string) (service, error) {
	switch kind {
	case "voki":
		return newVoki()
	case "gorilla":
		return plainGorilla(false), nil
	case "gorilla+reply":
		return plainGorilla(true), nil
	case "melody":
		return plainMelody(), nil
	case "gws":
		return plainGWS(), nil
	}
	return nil, fmt.Errorf("there is no server %q", kind)
}
