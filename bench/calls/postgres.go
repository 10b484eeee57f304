package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/avanter/voki/call"
)

// postgres is PostgreSQL on a local socket, by pgx. The process that answers starts and stops the server.
type postgres struct {
	role    role
	cluster *cluster
	pool    *pgxpool.Pool
}

func newPostgres(r role) *postgres { return &postgres{role: r} }

var postgresSearch = search{
	rows:  "folded LIKE '%%%s%%'",
	count: "SELECT count(*) FROM calls WHERE folded LIKE '%%%s%%'",
}

func (p *postgres) start() error {
	if p.cluster != nil {
		return nil
	}
	c, err := startCluster(p.role.Dir)
	if err != nil {
		return err
	}
	p.cluster = c
	config, err := pgxpool.ParseConfig(c.dsn)
	if err != nil {
		return err
	}
	config.MaxConns = 64
	p.pool, err = pgxpool.NewWithConfig(context.Background(), config)
	return err
}

func (p *postgres) load(d data, writes int) error {
	if err := p.start(); err != nil {
		return err
	}
	ctx := context.Background()
	if err := p.copyIn(ctx, "calls", d); err != nil {
		return err
	}
	if err := p.copyIn(ctx, "changes", data{Calls: writes, Tenants: 1}); err != nil {
		return err
	}
	statements := append([]string{"CREATE EXTENSION pg_trgm", "CREATE INDEX by_text ON calls USING gin (folded gin_trgm_ops)"},
		indexes...)
	for _, statement := range append(statements, "VACUUM ANALYZE", "CHECKPOINT") {
		if _, err := p.pool.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// copyIn makes a table.
func (p *postgres) copyIn(ctx context.Context, table string, d data) error {
	if _, err := p.pool.Exec(ctx, createTable(table)); err != nil {
		return err
	}
	n := -1
	_, err := p.pool.CopyFrom(ctx, pgx.Identifier{table}, tableColumns, pgx.CopyFromFunc(func() ([]any, error) {
		if n++; n == d.Calls {
			return nil, nil //nolint:nilnil // how the end is said
		}
		return values(n, d.call(n)), nil
	}))
	return err
}

func (p *postgres) serve() (http.Handler, http.Header, error) {
	if err := p.start(); err != nil {
		return nil, nil, err
	}
	type statements struct{ rows, count string } // pgx prepares them once on each connection
	var all []statements
	asked := questions(p.role.Data.Calls)
	for _, q := range asked {
		rows, count := q.statements(postgresSearch)
		all = append(all, statements{rows, count})
	}
	return answers(asked, func(ctx context.Context, n int) (rows []apiRow, total int, err error) {
		if err := p.pool.QueryRow(ctx, all[n].count).Scan(&total); err != nil {
			return nil, 0, err
		}
		found, err := p.pool.Query(ctx, all[n].rows)
		if err != nil {
			return nil, 0, err
		}
		rows, err = pgx.CollectRows(found, func(from pgx.CollectableRow) (r apiRow, err error) {
			return r, r.scan(from.Scan)
		})
		return rows, total, err
	}), nil, nil
}

// changer changes the row alone, of a table without an index beside its keys, in two exchanges with the server.
func (p *postgres) changer() (func(int) error, error) {
	if err := p.start(); err != nil {
		return nil, err
	}
	ctx := context.Background()
	return func(n int) error {
		return p.pool.AcquireFunc(ctx, func(conn *pgxpool.Conn) error {
			var status string
			var read pgx.Batch
			read.Queue("BEGIN")
			read.Queue("SELECT status FROM changes WHERE n = $1 FOR UPDATE", n).QueryRow(func(row pgx.Row) error {
				return row.Scan(&status)
			})
			if err := conn.SendBatch(ctx, &read).Close(); err != nil {
				_, undone := conn.Exec(ctx, "ROLLBACK")
				return errors.Join(err, undone)
			}
			var write pgx.Batch
			write.Queue("UPDATE changes SET status = $1, user_id = $2, started_at = $3 WHERE n = $4",
				string(toggled(call.Status(status))), agentID(n%agents), call.Now().Unix(), n)
			write.Queue("COMMIT")
			return conn.SendBatch(ctx, &write).Close()
		})
	}, nil
}

func (p *postgres) close() error {
	if p.pool != nil {
		p.pool.Close()
	}
	if p.cluster == nil {
		return nil
	}
	return p.cluster.stop()
}
