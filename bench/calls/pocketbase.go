package main

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/apis"
	"github.com/pocketbase/pocketbase/core"
	_ "github.com/pocketbase/pocketbase/migrations" // its own tables

	"github.com/avanter/voki/call"
)

// pocket is PocketBase as it comes, with collections of calls that anybody may list: no token is checked.
type pocket struct {
	role role
	app  *core.BaseApp
}

func newPocket(r role) *pocket { return &pocket{role: r} }

func pocketTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05.000Z")
}

func (p *pocket) start() error {
	if p.app != nil {
		return nil
	}
	config := core.BaseAppConfig{DataDir: p.role.Dir}
	if p.role.Durable {
		config.DBConnect = func(path string) (*dbx.DB, error) {
			// What it does itself, but for the sync of every commit.
			return dbx.Open("sqlite", path+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)"+
				"&_pragma=journal_size_limit(200000000)&_pragma=synchronous(FULL)&_pragma=foreign_keys(ON)"+
				"&_pragma=temp_store(MEMORY)&_pragma=cache_size(-32000)")
		}
	}
	p.app = core.NewBaseApp(config)
	if err := p.app.Bootstrap(); err != nil {
		return err
	}
	return p.app.RunAllMigrations()
}

func (p *pocket) load(d data, writes int) error {
	if err := p.start(); err != nil {
		return err
	}
	calls, err := p.collection("calls")
	if err != nil {
		return err
	}
	if err := p.insert("calls", d); err != nil {
		return err
	}
	for i, fields := range []string{
		"inserted_at, id", "status, department_id, inserted_at, id", "user_id, status, inserted_at, id",
		"status, duration, id", "name_folded, id",
	} {
		calls.AddIndex(fmt.Sprintf("calls_%d", i), false, fields, "")
	}
	if err := p.app.Save(calls); err != nil {
		return err
	}
	changes, err := p.collection("changes")
	if err != nil {
		return err
	}
	rule := "status != ''" // it is read and checked, as the others do
	changes.UpdateRule = &rule
	if err := p.app.Save(changes); err != nil {
		return err
	}
	if err := p.insert("changes", data{Calls: writes, Tenants: 1}); err != nil {
		return err
	}
	_, err = p.app.NonconcurrentDB().NewQuery("ANALYZE").Execute()
	return err
}

// collection makes one of calls, whose ids are ours.
func (p *pocket) collection(name string) (*core.Collection, error) {
	c := core.NewBaseCollection(name)
	everybody := ""
	c.ListRule, c.ViewRule = &everybody, &everybody
	id, ok := c.Fields.GetByName("id").(*core.TextField)
	if !ok {
		return nil, errors.New("pocketbase: a collection without an id")
	}
	id.Min, id.Max, id.Pattern, id.AutogeneratePattern = 36, 36, "^[a-z0-9-]+$", ""
	for _, column := range tableColumns {
		switch column {
		case "n", "id":
		case "duration", "wait_time", "rating":
			c.Fields.Add(&core.NumberField{Name: column})
		case "has_recording":
			c.Fields.Add(&core.BoolField{Name: column})
		case "inserted_at", "started_at", "completed_at":
			c.Fields.Add(&core.DateField{Name: column})
		default:
			c.Fields.Add(&core.TextField{Name: column})
		}
	}
	return c, p.app.Save(c)
}

// insert writes past the API, in one transaction. A field without a value is empty or 0 in PocketBase.
func (p *pocket) insert(table string, d data) error {
	names := tableColumns[1:]
	places := "{:" + strings.Join(names, "}, {:") + "}"
	return p.app.RunInTransaction(func(tx core.App) error {
		q := tx.NonconcurrentDB().NewQuery("INSERT INTO " + table + " (" + strings.Join(names, ", ") + ") VALUES (" + places + ")").
			Prepare()
		defer func() { _ = q.Close() }()
		for n := range d.Calls {
			c := d.call(n)
			row := dbx.Params{}
			for i, value := range values(n, c)[1:] {
				row[names[i]] = value
				if value == nil {
					row[names[i]] = ""
				}
			}
			for _, name := range []string{"duration", "wait_time", "rating"} {
				if row[name] == "" {
					row[name] = 0
				}
			}
			row["inserted_at"], row["started_at"] = pocketTime(c.InsertedAt), pocketTime(c.StartedAt)
			row["completed_at"] = pocketTime(c.CompletedAt())
			if _, err := q.Bind(row).Execute(); err != nil {
				return err
			}
		}
		return nil
	})
}

func (p *pocket) serve() (http.Handler, http.Header, error) {
	if err := p.start(); err != nil {
		return nil, nil, err
	}
	router, err := apis.NewRouter(p.app)
	if err != nil {
		return nil, nil, err
	}
	mux, err := router.BuildMux()
	return mux, nil, err
}

// changer: PocketBase is changed over HTTP; see changeOverHTTP.
func (p *pocket) changer() (func(int) error, error) {
	return nil, errors.New("pocketbase is changed over HTTP")
}

// changeOverHTTP is a transition of the n-th call as PocketBase's API has it. A field that is set to what it was is
// written all the same.
func changeOverHTTP(c *child, n int) []byte {
	id := data{Calls: c.role.Writes, Tenants: 1}.call(spread(n, c.role.Writes)).ID
	to := call.Assigned
	if n/c.role.Writes%2 == 1 {
		to = call.Queued
	}
	return c.request("PATCH", "/api/collections/changes/records/"+id,
		fmt.Sprintf(`{"status":%q,"user_id":%q,"started_at":%q}`, to, agentID(n%agents), pocketTime(call.Now())))
}

func (p *pocket) close() error {
	if p.app == nil {
		return nil
	}
	return p.app.ResetBootstrapState()
}
