package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// serveAs names the environment variable that makes this program a peer, and says in JSON which.
const serveAs = "VOKI_BENCH_CALLS"

// profileTo names the environment variable with the folder for a CPU profile of each process, if they are wanted.
const profileTo = "VOKI_BENCH_PROFILE"

// role is what a peer's process is told of its part.
type role struct {
	Peer    string
	Dir     string // of this peer alone
	Data    data
	Writes  int  // how many calls the transitions take in turns
	InPlace bool // voki: they are among those of Data, instead of being in a file of their own
	Durable bool // pocketbase: what is acknowledged is on disk, which is not how it comes
}

// peer is what is measured. All of it is in one folder.
type peer interface {
	// load fills the empty folder.
	load(d data, writes int) error
	// serve returns what answers the questions, and the headers that requests need.
	serve() (http.Handler, http.Header, error)
	// changer returns a durable transition of the n-th call. It reads the call, checks its state and changes it.
	changer() (func(n int) error, error)
	close() error
}

// said is a peer's answer to a command: one line.
type said struct {
	Address string
	Headers http.Header
	Pace    pace
	RSS     int64         // bytes
	CPU     time.Duration // user and system, since the process began
	Err     string
}

func newPeer(r role) (peer, error) {
	switch r.Peer {
	case "voki":
		return newVoki(r), nil
	case "memory":
		return newMemory(r), nil
	case "sqlite":
		return newSQLite(r, "sqlite3", plain), nil
	case "sqlite+cache":
		return newSQLite(r, "sqlite3", tuned), nil
	case "modernc":
		return newSQLite(r, "sqlite", plain), nil
	case "postgres":
		return newPostgres(r), nil
	case "pocketbase":
		return newPocket(r), nil
	case "bare":
		return bare{dir: r.Dir}, nil
	}
	return nil, fmt.Errorf("there is no peer %q", r.Peer)
}

// act is a peer's process: it does what its standard input says, until that ends.
func act(text string) (err error) {
	var r role
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return fmt.Errorf("%s: %w", serveAs, err)
	}
	p, err := newPeer(r)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	if dir := os.Getenv(profileTo); dir != "" {
		f, err := os.Create(filepath.Join(dir, fmt.Sprintf("%s-%d.pprof", r.Peer, os.Getpid())))
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	out, in := json.NewEncoder(os.Stdout), bufio.NewScanner(os.Stdin)
	for in.Scan() {
		answer, err := obey(p, r, strings.Fields(in.Text()))
		if err != nil {
			answer.Err = err.Error()
		}
		if err := out.Encode(answer); err != nil {
			return err
		}
	}
	return in.Err()
}

func obey(p peer, r role, command []string) (said, error) {
	switch {
	case len(command) == 1 && command[0] == "load":
		return said{}, p.load(r.Data, r.Writes)
	case len(command) == 1 && command[0] == "serve":
		return listen(p)
	case len(command) == 1 && command[0] == "memory":
		return said{RSS: resident()}, nil
	case len(command) == 1 && command[0] == "cpu":
		cpu, err := cpuTime()
		return said{CPU: cpu}, err
	case len(command) == 3 && command[0] == "change":
		writers, err := strconv.Atoi(command[1])
		if err != nil {
			return said{}, err
		}
		d, err := time.ParseDuration(command[2])
		if err != nil {
			return said{}, err
		}
		change, err := p.changer()
		if err != nil {
			return said{}, err
		}
		pace, err := hammer(writers, d, 1, func(_, n int) error { return change(spread(n, r.Writes)) })
		return said{Pace: pace}, err
	}
	return said{}, fmt.Errorf("there is no command %q", command)
}

// spread is the order in which calls are changed: no two writers have one at the same time, if there are enough calls.
func spread(n, calls int) int { return n * 7919 % calls }

func listen(p peer) (said, error) {
	handler, headers, err := p.serve()
	if err != nil {
		return said{}, err
	}
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return said{}, err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(l) }() // until the process ends
	return said{Address: l.Addr().String(), Headers: headers}, nil
}

// resident is the memory of this process.
func resident() int64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var total, pages int64
	if _, err := fmt.Sscan(string(text), &total, &pages); err != nil {
		return 0
	}
	return pages * int64(syscall.Getpagesize())
}

// cpuTime is the processor time that this process has taken.
func cpuTime() (time.Duration, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, err
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), nil
}
