/* SPDX-License-Identifier: MIT */
/*
 * Snapshots follow each other with one key changed among a million, while requests still hold
 * older ones. So a table is cut into pages by the head of the hash, and each page is a small
 * open-addressed table of its own, counted, and shared by all snapshots in which it is the same:
 *
 *     table          pages               entities
 *     +------+      +-----------+
 *     | 0    | ---> | refs 2    | ---> key 17
 *     | 1    | --.  | . x . x x | ---> key 4 ...
 *     | ...  |   |  +-----------+
 *     +------+   |       ^
 *     | 0    | --|-------'
 *     | 1    | --|-> (its own copy of page 1, with the change)
 *     | ...  |   `-> (page 1 as it was)
 *     +------+
 *
 * A change costs the list of pages and one page, about 0.1 ms at a million keys. A page held by
 * one table only is changed in place, which is how a full set is built. Nothing ever has to be
 * rehashed as a whole: a page that fills up doubles alone.
 *
 * Digests are an HMAC's output, so nobody can choose where they fall; ids are mixed first.
 */
#include "dataplane/snapshot/table.h"

#include "lib/base/check.h"
#include "lib/codec/digest.h"

#define FIRST_SLOTS 8 /* a power of two */

struct page {
    atomic_uint refs;
    uint32_t count;
    uint32_t mask; /* slots - 1; at most three quarters are used */
    struct entity *slots[];
};

/* ---- Keys ------------------------------------------------------------------------------- */

static uint64_t hash_id(uint64_t id)
{
    id = (id ^ (id >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    id = (id ^ (id >> 27)) * UINT64_C(0x94d049bb133111eb);
    return id ^ (id >> 31);
}

static uint64_t hash_digest(const uint8_t *digest)
{
    uint64_t hash;

    memcpy(&hash, digest, sizeof(hash));
    return hash;
}

static uint64_t hash_of(enum table_key key, const struct entity *entity)
{
    return key == TABLE_BY_ID ? hash_id(entity->id) : hash_digest(entity_key(entity)->digest);
}

static bool same_key(enum table_key key, const struct entity *a, const struct entity *b)
{
    return key == TABLE_BY_ID
               ? a->id == b->id
               : memcmp(entity_key(a)->digest, entity_key(b)->digest, GW_KEY_DIGEST_SIZE) == 0;
}

static size_t page_of(uint64_t hash)
{
    return hash / (UINT64_MAX / TABLE_PAGES + 1);
}

/* ---- Pages ------------------------------------------------------------------------------ */

static struct page *new_page(uint32_t slots)
{
    struct page *page = gw_must_alloc(sizeof(*page) + slots * sizeof(page->slots[0]));

    atomic_init(&page->refs, 1);
    page->mask = slots - 1;
    return page;
}

static void unref_page(struct page *page)
{
    if (page == NULL || atomic_fetch_sub_explicit(&page->refs, 1, memory_order_acq_rel) != 1) {
        return;
    }
    for (uint32_t i = 0; i <= page->mask; i++) {
        if (page->slots[i] != NULL) {
            entity_unref(page->slots[i]);
        }
    }
    gw_free(page);
}

/* Puts an entity that is not there yet; there is room. */
static void place(struct page *page, enum table_key key, struct entity *own_entity)
{
    uint32_t slot = (uint32_t)hash_of(key, own_entity) & page->mask;

    while (page->slots[slot] != NULL) {
        slot = (slot + 1) & page->mask;
    }
    page->slots[slot] = own_entity;
    page->count++;
}

/* A copy with that many slots; `page` is given up. */
static struct page *copied(struct page *page, enum table_key key, uint32_t slots)
{
    struct page *copy = new_page(slots);

    for (uint32_t i = 0; i <= page->mask; i++) {
        if (page->slots[i] != NULL) {
            place(copy, key, entity_ref(page->slots[i]));
        }
    }
    unref_page(page);
    return copy;
}

/* The page at `place`, ours alone, with room for one more. */
static struct page *writable(struct table *table, size_t at)
{
    struct page *page = table->pages[at];
    uint32_t slots;

    if (page == NULL) {
        return table->pages[at] = new_page(FIRST_SLOTS);
    }
    slots = page->mask + 1;
    if (4 * (page->count + 1) > 3 * slots) {
        return table->pages[at] = copied(page, table->key, 2 * slots);
    }
    if (atomic_load_explicit(&page->refs, memory_order_acquire) > 1) {
        return table->pages[at] = copied(page, table->key, slots);
    }
    return page;
}

/* The slot of the entity with that key, or of the hole where it is missing. */
static uint32_t find(const struct page *page, enum table_key key, const struct entity *entity)
{
    uint32_t slot = (uint32_t)hash_of(key, entity) & page->mask;

    while (page->slots[slot] != NULL && !same_key(key, page->slots[slot], entity)) {
        slot = (slot + 1) & page->mask;
    }
    return slot;
}

/* Moves up what stands behind the hole at `hole` and would not be found across it. */
static void close_hole(struct page *page, enum table_key key, uint32_t hole)
{
    for (uint32_t at = (hole + 1) & page->mask; page->slots[at] != NULL;
         at = (at + 1) & page->mask) {
        uint32_t home = (uint32_t)hash_of(key, page->slots[at]) & page->mask;

        if (((at - home) & page->mask) >= ((at - hole) & page->mask)) {
            page->slots[hole] = page->slots[at];
            page->slots[at] = NULL;
            hole = at;
        }
    }
}

/* ---- Life ------------------------------------------------------------------------------- */

void table_init(struct table *table, enum table_key key)
{
    *table = (struct table){.key = key};
}

void table_init_from(struct table *table, const struct table *from)
{
    *table = *from;
    for (size_t i = 0; i < TABLE_PAGES; i++) {
        if (table->pages[i] != NULL) {
            atomic_fetch_add_explicit(&table->pages[i]->refs, 1, memory_order_relaxed);
        }
    }
}

void table_fini(struct table *table)
{
    for (size_t i = 0; i < TABLE_PAGES; i++) {
        unref_page(table->pages[i]);
    }
}

/* ---- Looking ---------------------------------------------------------------------------- */

struct entity *table_by_id(const struct table *table, uint64_t id)
{
    uint64_t hash = hash_id(id);
    const struct page *page = table->pages[page_of(hash)];
    uint32_t slot;

    if (page == NULL) {
        return NULL;
    }
    slot = (uint32_t)hash & page->mask;
    while (page->slots[slot] != NULL && page->slots[slot]->id != id) {
        slot = (slot + 1) & page->mask;
    }
    return page->slots[slot];
}

struct entity *table_by_digest(const struct table *table, const uint8_t *digest)
{
    const struct gw_text wanted = {(const char *)digest, GW_KEY_DIGEST_SIZE};
    uint64_t hash = hash_digest(digest);
    const struct page *page = table->pages[page_of(hash)];

    if (page == NULL) {
        return NULL;
    }
    for (uint32_t slot = (uint32_t)hash & page->mask; page->slots[slot] != NULL;
         slot = (slot + 1) & page->mask) {
        const uint8_t *its = entity_key(page->slots[slot])->digest;

        if (gw_text_eq_secret(wanted, (struct gw_text){(const char *)its, GW_KEY_DIGEST_SIZE})) {
            return page->slots[slot];
        }
    }
    return NULL;
}

void table_each(const struct table *table, void (*visit)(struct entity *entity, void *arg),
                void *arg)
{
    for (size_t i = 0; i < TABLE_PAGES; i++) {
        const struct page *page = table->pages[i];

        for (uint32_t slot = 0; page != NULL && slot <= page->mask; slot++) {
            if (page->slots[slot] != NULL) {
                visit(page->slots[slot], arg);
            }
        }
    }
}

/* ---- Changing --------------------------------------------------------------------------- */

void table_put(struct table *table, struct entity *own_entity)
{
    struct page *page = writable(table, page_of(hash_of(table->key, own_entity)));
    uint32_t slot = find(page, table->key, own_entity);

    if (page->slots[slot] != NULL) {
        entity_unref(page->slots[slot]);
        page->count--;
        table->count--;
    }
    page->slots[slot] = own_entity;
    page->count++;
    table->count++;
}

void table_remove(struct table *table, const struct entity *entity)
{
    size_t at = page_of(hash_of(table->key, entity));
    struct page *page = table->pages[at];
    struct entity *removed;
    uint32_t slot;

    if (page == NULL || page->slots[find(page, table->key, entity)] == NULL) {
        return;
    }
    page = writable(table, at);
    slot = find(page, table->key, entity);
    removed = page->slots[slot];
    page->slots[slot] = NULL;
    page->count--;
    table->count--;
    close_hole(page, table->key, slot);
    entity_unref(removed); /* `entity` may have been this one */
}
