package call_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/media"
	"github.com/avanter/voki/storage"
)

// finished is a call as the page of the API shows it, ready to be imported.
func finished(id string) call.Call {
	return call.Call{
		ID: id, Status: call.Completed,
		Department: call.Ref{ID: "e5f6a7b8-c9d0-1234-efgh-567890123456", Name: "Suporte Técnico"},
		User:       call.Ref{ID: "a1b2c3d4-e5f6-7890-abcd-ef1234567890", Name: "João Silva"},
		Customer:   call.Customer{Name: "Carlos Ferreira", Email: "carlos@email.com", Phone: "+5511999998888"},
		Notes:      "Cliente precisava de ajuda com configuração",
		InsertedAt: time.Date(2026, 2, 15, 14, 29, 48, 0, time.UTC),
		StartedAt:  time.Date(2026, 2, 15, 14, 30, 0, 0, time.UTC),
		EndedAt:    time.Date(2026, 2, 15, 14, 35, 45, 0, time.UTC),
	}
}

// imported imports calls that must be taken.
func imported(t testing.TB, s *call.Service, calls ...call.Call) {
	t.Helper()
	results, err := s.Import(t.Context(), manager, calls)
	require.NoError(t, err)
	require.Len(t, results, len(calls))
	for _, r := range results {
		require.NoError(t, r.Err)
		require.False(t, r.Existed)
	}
}

func TestImport(t *testing.T) {
	s := newService(t, call.Options{})
	before := call.Now()
	in := finished("1a2b3c4d-5e6f-7890-abcd-ef1234567890")
	in.Rating, in.Comment = 5, "ótimo"
	imported(t, s, in)

	want := in
	want.Tenant, want.EndReason = "acme", call.EndNormal
	got := get(t, s, in.ID)
	assert.Equal(t, want, got)
	wait, _ := got.WaitTime()
	assert.Equal(t, 12*time.Second, wait)
	duration, _ := got.Duration()
	assert.Equal(t, 345*time.Second, duration)

	events := requireHistory(t, s, in.ID, call.KindImported)
	assert.Equal(t, manager.ID, events[0].Actor)
	assert.False(t, events[0].Time.Before(before), "the log has the time of the import")
	assert.Equal(t, call.Data{
		To: call.Completed, EndReason: call.EndNormal, DepartmentID: in.Department.ID, UserID: in.User.ID,
	}, events[0].Data)
}

func TestImportTakesAllEnds(t *testing.T) {
	s := newService(t, call.Options{})
	for _, test := range []struct {
		status call.Status
		given  call.EndReason
		want   call.EndReason
	}{
		{call.Completed, "", call.EndNormal},
		{call.Completed, call.EndTimeout, call.EndTimeout},
		{call.Completed, call.EndDisconnect, call.EndDisconnect},
		{call.Missed, "", call.EndTimeout},
		{call.Abandoned, "", call.EndAbandoned},
		{call.Cancelled, "", ""},
	} {
		c := finished("c-" + string(test.status) + "-" + string(test.given))
		c.Status, c.EndReason = test.status, test.given
		if test.status != call.Completed {
			c.StartedAt, c.User = time.Time{}, call.Ref{}
		}
		imported(t, s, c)
		assert.Equal(t, test.want, get(t, s, c.ID).EndReason)
		c = finished("bare-" + string(test.status) + "-" + string(test.given))
		if c.Status = test.status; test.status != call.Completed {
			c.StartedAt, c.EndedAt = time.Time{}, time.Time{}
			imported(t, s, c)
		}
	}
}

// TestImportTimes: whatever zone a time comes in, it is kept in UTC with microseconds.
func TestImportTimes(t *testing.T) {
	s := newService(t, call.Options{})
	saoPaulo := time.FixedZone("BRT", -3*3600)
	c := finished("c1")
	c.InsertedAt = time.Date(2026, 2, 15, 11, 29, 48, 123456789, saoPaulo)
	c.StartedAt = c.InsertedAt.Add(12 * time.Second)
	c.EndedAt = c.InsertedAt.Add(345 * time.Second)
	imported(t, s, c)
	assert.Equal(t, time.Date(2026, 2, 15, 14, 29, 48, 123456000, time.UTC), get(t, s, "c1").InsertedAt)
}

// TestImportAgain: an import may be interrupted and repeated.
func TestImportAgain(t *testing.T) {
	s := newService(t, call.Options{})
	first, second := finished("c1"), finished("c2")
	imported(t, s, first)
	results, err := s.Import(t.Context(), manager, []call.Call{first, second, second})
	require.NoError(t, err)
	assert.Equal(t, []call.ImportResult{{Existed: true}, {}, {Existed: true}}, results)
	requireHistory(t, s, "c1", call.KindImported)
	requireHistory(t, s, "c2", call.KindImported)

	t.Run("after the call was evaluated", func(t *testing.T) {
		_, err := s.Evaluate(t.Context(), "acme", "c1", 5, "great")
		require.NoError(t, err)
		results, err := s.Import(t.Context(), manager, []call.Call{first})
		require.NoError(t, err)
		assert.Equal(t, []call.ImportResult{{Existed: true}}, results)
		assert.Equal(t, 5, get(t, s, "c1").Rating)
	})
	t.Run("after notes were added", func(t *testing.T) {
		bare := finished("c3")
		bare.Notes = ""
		imported(t, s, bare)
		_, err := s.Complete(t.Context(), attendant, "c3", "solved")
		require.NoError(t, err)
		results, err := s.Import(t.Context(), manager, []call.Call{bare})
		require.NoError(t, err)
		assert.Equal(t, []call.ImportResult{{Existed: true}}, results)
		assert.Equal(t, "solved", get(t, s, "c3").Notes)
	})
	t.Run("after all that may come later", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			store := newStore(t)
			s := call.NewService(storageOf(store), call.Options{})
			recorder := media.NewService(storage.Narrow[media.Tx](store), media.Options{Blobs: media.NewMemory()})
			bare := finished("c1")
			bare.Notes = ""
			imported(t, s, bare)
			want := get(t, s, "c1")
			assert.Zero(t, want.ChangedAt)
			requireThere := func() {
				t.Helper()
				assert.Equal(t, want, get(t, s, "c1"))
				results, err := s.Import(t.Context(), manager, []call.Call{bare})
				require.NoError(t, err)
				assert.Equal(t, []call.ImportResult{{Existed: true}}, results)
				assert.Equal(t, want, get(t, s, "c1"), "the import has changed it")
			}
			requireThere()

			_, err := recorder.PutRecording(t.Context(), manager, "c1", time.Minute, strings.NewReader("\x1aE\xdf\xa3\x87B\x82\x84webm"))
			require.NoError(t, err)
			want.HasRecording, want.ChangedAt = true, time.Now().UTC()
			requireThere()
			time.Sleep(time.Minute)
			_, err = s.Evaluate(t.Context(), "acme", "c1", 5, "great")
			require.NoError(t, err)
			want.Rating, want.Comment, want.ChangedAt = 5, "great", time.Now().UTC()
			requireThere()
			time.Sleep(time.Minute)
			_, err = s.Complete(t.Context(), attendant, "c1", "solved")
			require.NoError(t, err)
			want.Notes, want.ChangedAt = "solved", time.Now().UTC()
			requireThere()
			requireHistory(t, s, "c1", call.KindImported, call.KindRecordingReady, call.KindEvaluated, call.KindNoted)

			bare.Reason = "another"
			results, err := s.Import(t.Context(), manager, []call.Call{bare})
			require.NoError(t, err)
			requireFields(t, results[0].Err, "id")
		})
	})
	t.Run("another row under the id", func(t *testing.T) {
		other := finished("c2")
		other.Customer.Name = "Somebody Else"
		results, err := s.Import(t.Context(), manager, []call.Call{other})
		require.NoError(t, err)
		requireFields(t, results[0].Err, "id")
		assert.Equal(t, "Carlos Ferreira", get(t, s, "c2").Customer.Name)
	})
	t.Run("over a call that was made here", func(t *testing.T) {
		c := enqueue(t, s, maria)
		results, err := s.Import(t.Context(), manager, []call.Call{finished(c.ID)})
		require.NoError(t, err)
		requireFields(t, results[0].Err, "id")
		assert.Equal(t, c, get(t, s, c.ID))
	})
	t.Run("the same id in another tenant", func(t *testing.T) {
		results, err := s.Import(t.Context(), stranger, []call.Call{first})
		require.NoError(t, err)
		assert.Equal(t, []call.ImportResult{{}}, results)
	})
}

// TestImportNames: names that a row bears are kept, those it lacks are asked of the directory.
func TestImportNames(t *testing.T) {
	staff := directory{
		users: map[string]string{"ana": "Ana Souza"}, departments: map[string]string{"support": "Support"},
	}
	s := newService(t, call.Options{Directory: staff})
	named, nameless, unknown := finished("c1"), finished("c2"), finished("c3")
	named.Department, named.User = call.Ref{ID: "support", Name: "Old Support"}, call.Ref{ID: "ana", Name: "Ana Maria"}
	nameless.Department, nameless.User = call.Ref{ID: "support"}, call.Ref{ID: "ana"}
	unknown.Department, unknown.User = call.Ref{ID: "closed"}, call.Ref{ID: "gone"}
	imported(t, s, named, nameless, unknown)
	assert.Equal(t, named.User, get(t, s, "c1").User)
	assert.Equal(t, named.Department, get(t, s, "c1").Department)
	assert.Equal(t, call.Ref{ID: "ana", Name: "Ana Souza"}, get(t, s, "c2").User)
	assert.Equal(t, call.Ref{ID: "support", Name: "Support"}, get(t, s, "c2").Department)
	assert.Equal(t, call.Ref{ID: "gone"}, get(t, s, "c3").User)
	assert.Equal(t, call.Ref{ID: "closed"}, get(t, s, "c3").Department)

	t.Run("a name that has changed since is no other row", func(t *testing.T) {
		staff.users["ana"] = "Ana Souza Lima"
		results, err := s.Import(t.Context(), manager, []call.Call{nameless})
		require.NoError(t, err)
		assert.Equal(t, []call.ImportResult{{Existed: true}}, results)
		assert.Equal(t, "Ana Souza", get(t, s, "c2").User.Name)
	})
	t.Run("a directory that is down is no fault of a row", func(t *testing.T) {
		down := errors.New("the directory is down")
		s := newService(t, call.Options{Directory: broken{down}})
		_, err := s.Import(t.Context(), manager, []call.Call{named, nameless})
		require.ErrorIs(t, err, down)
		results, err := s.Import(t.Context(), manager, []call.Call{named})
		require.NoError(t, err)
		assert.Equal(t, []call.ImportResult{{}}, results)
	})
}

func TestImportBadRows(t *testing.T) {
	s := newService(t, call.Options{})
	rows := map[string]struct {
		change func(*call.Call)
		want   []string
	}{
		"no id":               {func(c *call.Call) { c.ID = "" }, []string{"id"}},
		"hostile id":          {func(c *call.Call) { c.ID = "a\x00b" }, []string{"id"}},
		"long id":             {func(c *call.Call) { c.ID = strings.Repeat("x", 4000) }, []string{"id"}},
		"queued":              {func(c *call.Call) { c.Status, c.StartedAt, c.EndedAt = call.Queued, time.Time{}, time.Time{} }, []string{"status"}},
		"active":              {func(c *call.Call) { c.Status = call.Active }, []string{"status"}},
		"unknown status":      {func(c *call.Call) { c.Status = "ringing" }, []string{"status"}},
		"no status":           {func(c *call.Call) { c.Status = "" }, []string{"status"}},
		"no department":       {func(c *call.Call) { c.Department = call.Ref{} }, []string{"department_id"}},
		"bad department":      {func(c *call.Call) { c.Department.ID = "a b" }, []string{"department_id"}},
		"bad department name": {func(c *call.Call) { c.Department.Name = "a\nb" }, []string{"department_name"}},
		"bad user":            {func(c *call.Call) { c.User.ID = "\xff" }, []string{"user_id"}},
		"bad user name":       {func(c *call.Call) { c.User.Name = "\x1b" }, []string{"user_name"}},
		"no customer":         {func(c *call.Call) { c.Customer.Name = "" }, []string{"customer_name"}},
		"bad customer":        {func(c *call.Call) { c.Customer.Name = "a\u2028b" }, []string{"customer_name"}},
		"bad e-mail":          {func(c *call.Call) { c.Customer.Email = "a\rb" }, []string{"customer_email"}},
		"bad phone":           {func(c *call.Call) { c.Customer.Phone = strings.Repeat("1", 41) }, []string{"customer_phone"}},
		"bad notes":           {func(c *call.Call) { c.Notes = "\x00" }, []string{"notes"}},
		"bad reason":          {func(c *call.Call) { c.Reason = "\xff" }, []string{"reason"}},
		"bad comment":         {func(c *call.Call) { c.Comment = strings.Repeat("x", 20_001) }, []string{"comment"}},
		"rating 6":            {func(c *call.Call) { c.Rating = 6 }, []string{"rating"}},
		"rating -1":           {func(c *call.Call) { c.Rating = -1 }, []string{"rating"}},
		"never inserted":      {func(c *call.Call) { c.InsertedAt = time.Time{} }, []string{"inserted_at"}},
		"never started":       {func(c *call.Call) { c.StartedAt = time.Time{} }, []string{"started_at"}},
		"never completed":     {func(c *call.Call) { c.EndedAt = time.Time{} }, []string{"completed_at"}},
		"missed, but started": {func(c *call.Call) { c.Status = call.Missed }, []string{"started_at"}},
		"started too early":   {func(c *call.Call) { c.StartedAt = c.InsertedAt.Add(-time.Second) }, []string{"started_at"}},
		"completed too early": {func(c *call.Call) { c.EndedAt = c.StartedAt.Add(-time.Second) }, []string{"completed_at"}},
		"before computers":    {func(c *call.Call) { c.InsertedAt = time.Date(1969, 1, 1, 0, 0, 0, 0, time.UTC) }, []string{"inserted_at"}},
		"year 10000":          {func(c *call.Call) { c.EndedAt = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }, []string{"completed_at"}},
		"abandoned, normal":   {func(c *call.Call) { c.Status, c.EndReason, c.StartedAt = call.Abandoned, call.EndNormal, time.Time{} }, []string{"end_reason"}},
		"cancelled, timeout":  {func(c *call.Call) { c.Status, c.EndReason, c.StartedAt = call.Cancelled, call.EndTimeout, time.Time{} }, []string{"end_reason"}},
		"unknown reason":      {func(c *call.Call) { c.EndReason = "bored" }, []string{"end_reason"}},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			bad, before, after := finished("bad"), finished(call.NewID()), finished(call.NewID())
			row.change(&bad)
			results, err := s.Import(t.Context(), manager, []call.Call{before, bad, after})
			require.NoError(t, err, "one bad row stops no other")
			requireFields(t, results[1].Err, row.want...)
			assert.NoError(t, results[0].Err)
			assert.NoError(t, results[2].Err)
			_, err = s.Get(t.Context(), attendant, "bad")
			assert.ErrorIs(t, err, call.ErrNotFound)
		})
	}
	page, err := s.List(t.Context(), attendant, call.Query{})
	require.NoError(t, err)
	assert.Equal(t, 2*len(rows), page.Total)
}

// TestImportTrustsNothingElse: what a row cannot know is not taken from it.
func TestImportTrustsNothingElse(t *testing.T) {
	s := newService(t, call.Options{})
	c := finished("c1")
	c.Tenant = "other"
	c.HasRecording = true
	c.ChangedAt = c.EndedAt
	c.Limits = call.Limits{Grace: time.Second}
	c.AgentConn = call.Participant{Epoch: 7, Present: true}
	imported(t, s, c)
	got := get(t, s, "c1")
	assert.Equal(t, "acme", got.Tenant)
	assert.False(t, got.HasRecording, "there is none here")
	assert.Zero(t, got.AgentConn)
	assert.Zero(t, got.ChangedAt, "nothing has changed here yet")
	_, running := got.Due()
	assert.False(t, running)
}
