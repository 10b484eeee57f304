package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// cluster is a PostgreSQL server of our own, on a socket in its folder.
type cluster struct {
	cmd *exec.Cmd
	dsn string
}

// settings are what one would give it on a machine of this size; it syncs as it comes.
var settings = []string{
	"listen_addresses=", "fsync=on", "synchronous_commit=on", "shared_buffers=1GB", "effective_cache_size=4GB",
	"work_mem=64MB", "maintenance_work_mem=1GB", "random_page_cost=1.1", "max_wal_size=8GB", "jit=off",
	"max_connections=100", "log_min_messages=panic",
}

// startCluster makes the folder if it is empty, and starts a server in it. The server refuses to be root, which starts
// it as the user postgres.
func startCluster(dir string) (*cluster, error) {
	bin, err := postgresFolder()
	if err != nil {
		return nil, err
	}
	attr := &syscall.SysProcAttr{Pdeathsig: syscall.SIGINT}
	if os.Getuid() == 0 {
		id, err := serverUser()
		if err != nil {
			return nil, err
		}
		attr.Credential = id
		if err := os.Chown(dir, int(id.Uid), int(id.Gid)); err != nil {
			return nil, err
		}
	}
	files := filepath.Join(dir, "data")
	if _, err := os.Stat(filepath.Join(files, "PG_VERSION")); errors.Is(err, os.ErrNotExist) {
		//nolint:gosec,noctx // a program of the system's
		initdb := exec.Command(filepath.Join(bin, "initdb"), "-N", "-U", "bench", "-A", "trust", "-E", "UTF8",
			"--locale=C", "-D", files) // texts are sorted by their bytes, as they are elsewhere
		initdb.SysProcAttr, initdb.Dir = attr, dir
		if out, err := initdb.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("initdb: %w\n%s", err, out)
		}
	}
	args := []string{"-D", files, "-k", dir}
	for _, s := range settings {
		args = append(args, "-c", s)
	}
	cmd := exec.Command(filepath.Join(bin, "postgres"), args...) //nolint:gosec,noctx // a program of the system's
	cmd.SysProcAttr, cmd.Dir, cmd.Stderr = attr, dir, os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	c := &cluster{cmd: cmd, dsn: "host=" + dir + " user=bench dbname=postgres"}
	if err := c.wait(); err != nil {
		return nil, errors.Join(err, c.stop())
	}
	return c, nil
}

// wait returns when the server takes connections.
func (c *cluster) wait() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, c.dsn)
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL did not start: %w", err)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func (c *cluster) stop() error {
	if err := c.cmd.Process.Signal(syscall.SIGINT); err != nil {
		return err
	}
	return c.cmd.Wait()
}

func postgresFolder() (string, error) {
	if path, err := exec.LookPath("postgres"); err == nil {
		return filepath.Dir(path), nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil || len(found) == 0 {
		return "", errors.New("PostgreSQL's server is not there: install the Debian package postgresql, or leave the peer postgres out")
	}
	return filepath.Dir(slices.Max(found)), nil
}

func serverUser() (*syscall.Credential, error) {
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL does not run as root: %w", err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

func postgresVersion(bin string) string {
	//nolint:gosec,noctx // a program of the system's
	out, err := exec.Command(filepath.Join(bin, "postgres"), "--version").Output()
	if err != nil {
		return "PostgreSQL of an unknown version"
	}
	return strings.TrimSpace(string(out))
}
