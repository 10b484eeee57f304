package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/mattn/go-sqlite3"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/avanter/voki/call"
)

// sqlite is SQLite by one of two drivers: C through cgo, or the same translated to Go. Both read with eight
// connections and write with one.
type sqlite struct {
	role    role
	driver  string
	pragmas []string
	db      *sql.DB // nil until it is needed
	writes  sync.Mutex
}

func newSQLite(r role, driver string, pragmas []string) *sqlite {
	return &sqlite{role: r, driver: driver, pragmas: pragmas}
}

// sqliteSearch finds by trigrams, and takes the newest first from the order of the full text index itself.
func sqliteSearch(q question) search {
	return search{
		rows:  fmt.Sprintf(`n IN (SELECT rowid FROM calls_text WHERE calls_text MATCH '"%%s"' ORDER BY rowid DESC LIMIT %d)`, q.Page*pageSize),
		count: `SELECT count(*) FROM calls_text WHERE calls_text MATCH '"%s"'`,
	}
}

// plain is how each connection is set up: a log before the file, and a sync for every commit. tuned has 64 MB of pages
// in each connection, too, and the file mapped into memory.
var (
	plain = []string{"busy_timeout(60000)", "journal_mode(WAL)", "synchronous(FULL)"}
	tuned = slices.Concat(plain, []string{"cache_size(-64000)", "mmap_size(8589934592)"})
)

// open opens a file, if that is not done yet.
func (s *sqlite) open(name string, connections int) error {
	if s.db != nil {
		return nil
	}
	name = "file:" + filepath.Join(s.role.Dir, name)
	if s.driver == "sqlite3" {
		s.db = sql.OpenDB(mattn{name, s.pragmas})
	} else {
		db, err := sql.Open(s.driver, name+"?_pragma="+strings.Join(s.pragmas, "&_pragma="))
		if err != nil {
			return err
		}
		s.db = db
	}
	s.db.SetMaxOpenConns(connections)
	s.db.SetMaxIdleConns(connections)
	return nil
}

// mattn opens connections to a file; not all pragmas can be part of its name.
type mattn struct {
	name    string
	pragmas []string
}

func (m mattn) Connect(context.Context) (driver.Conn, error) {
	conn, err := m.Driver().Open(m.name)
	if err != nil {
		return nil, err
	}
	for _, pragma := range m.pragmas {
		if _, err := conn.(*sqlite3.SQLiteConn).Exec("PRAGMA "+pragma, nil); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", pragma, err), conn.Close())
		}
	}
	return conn, nil
}

func (mattn) Driver() driver.Driver { return &sqlite3.SQLiteDriver{} }

func (s *sqlite) load(d data, writes int) error {
	ctx := context.Background()
	if err := s.open("calls.db", 1); err != nil {
		return err
	}
	_, err := s.db.ExecContext(ctx, `CREATE VIRTUAL TABLE calls_text USING fts5(folded, content='calls',
		content_rowid='n', tokenize='trigram')`)
	if err != nil {
		if strings.Contains(err.Error(), "no such module: fts5") {
			return errors.New("mattn/go-sqlite3 was built without full text search: add -tags sqlite_fts5, as make bench-calls does")
		}
		return err
	}
	if err := s.insert(ctx, "calls", d.Calls, d); err != nil {
		return err
	}
	for _, statement := range append(indexes, `INSERT INTO calls_text(calls_text) VALUES ('rebuild')`,
		`INSERT INTO calls_text(calls_text) VALUES ('optimize')`, `ANALYZE`, `PRAGMA wal_checkpoint(TRUNCATE)`) {
		if _, err := s.db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	if err := s.close(); err != nil {
		return err
	}
	if err := s.open("changes.db", 1); err != nil {
		return err
	}
	return s.insert(ctx, "changes", writes, data{Calls: writes, Tenants: 1})
}

// insert makes a table of the first calls, in one transaction.
func (s *sqlite) insert(ctx context.Context, table string, calls int, d data) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	// The key is to be the row's own number.
	if _, err := tx.ExecContext(ctx, strings.Replace(createTable(table), "n BIGINT", "n INTEGER", 1)); err != nil {
		return err
	}
	places := strings.TrimSuffix(strings.Repeat("?, ", len(tableColumns)), ", ")
	insert, err := tx.PrepareContext(ctx, "INSERT INTO "+table+" VALUES ("+places+")") //nolint:gosec // our own words
	if err != nil {
		return err
	}
	defer func() { _ = insert.Close() }()
	for n := range calls {
		if _, err := insert.ExecContext(ctx, values(n, d.call(n))...); err != nil {
			return err
		}
	}
	return tx.Commit()
}

func (s *sqlite) serve() (http.Handler, http.Header, error) {
	ctx := context.Background()
	if err := s.open("calls.db", 8); err != nil {
		return nil, nil, err
	}
	type prepared struct{ rows, count *sql.Stmt }
	var all []prepared
	asked := questions(s.role.Data.Calls)
	for _, q := range asked {
		rows, count := q.statements(sqliteSearch(q))
		var p prepared
		var err error
		if p.rows, err = s.db.PrepareContext(ctx, rows); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", rows, err)
		}
		if p.count, err = s.db.PrepareContext(ctx, count); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", count, err)
		}
		all = append(all, p)
	}
	return answers(asked, func(ctx context.Context, n int) (rows []apiRow, total int, err error) {
		if err := all[n].count.QueryRowContext(ctx).Scan(&total); err != nil {
			return nil, 0, err
		}
		found, err := all[n].rows.QueryContext(ctx)
		if err != nil {
			return nil, 0, err
		}
		defer func() { err = errors.Join(err, found.Close()) }()
		for found.Next() {
			var r apiRow
			if err := r.scan(found.Scan); err != nil {
				return nil, 0, err
			}
			rows = append(rows, r)
		}
		return rows, total, found.Err()
	}), nil, nil
}

// changer changes the row alone, of a table that has no index beside its keys. Writers wait for each other here, which
// is faster than to be turned away by the file's lock. There is one connection, so that BEGIN may be a statement.
func (s *sqlite) changer() (func(int) error, error) {
	ctx := context.Background()
	if err := s.open("changes.db", 1); err != nil {
		return nil, err
	}
	var statements []*sql.Stmt
	for _, text := range []string{
		"BEGIN IMMEDIATE", "SELECT status FROM changes WHERE n = ?",
		"UPDATE changes SET status = ?, user_id = ?, started_at = ? WHERE n = ?", "COMMIT", "ROLLBACK",
	} {
		statement, err := s.db.PrepareContext(ctx, text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", text, err)
		}
		statements = append(statements, statement)
	}
	begin, get, set, commit, rollback := statements[0], statements[1], statements[2], statements[3], statements[4]
	return func(n int) error {
		s.writes.Lock()
		defer s.writes.Unlock()
		if _, err := begin.ExecContext(ctx); err != nil {
			return err
		}
		var status string
		err := get.QueryRowContext(ctx, n).Scan(&status)
		if err == nil {
			_, err = set.ExecContext(ctx, string(toggled(call.Status(status))), agentID(n%agents), call.Now().Unix(), n)
		}
		if err != nil {
			_, undone := rollback.ExecContext(ctx)
			return errors.Join(err, undone)
		}
		_, err = commit.ExecContext(ctx)
		return err
	}, nil
}

// toggled is the state that a transition of the bench leads to.
func toggled(from call.Status) call.Status {
	if from == call.Assigned {
		return call.Queued
	}
	return call.Assigned
}

func (s *sqlite) close() error {
	if s.db == nil {
		return nil
	}
	err := s.db.Close()
	s.db = nil
	return err
}
