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
 * Beside each entity stands the lower half of its hash: it tells the home of an entity that has to
 * move and, nearly always, whether it is the one looked for, without touching the entity itself,
 * which is somewhere else in memory.
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
    uint32_t mask;  /* slots - 1; at most three quarters are used */
    uint32_t *tags; /* behind the slots: the lower halves of the hashes */
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
    struct page *page = gw_must_alloc(sizeof(*page) +
                                      slots * (sizeof(page->slots[0]) + sizeof(page->tags[0])));

    atomic_init(&page->refs, 1);
    page->mask = slots - 1;
    page->tags = (uint32_t *)&page->slots[slots];
    return page;
}

static bool is_shared(const struct page *page)
{
    return atomic_load_explicit(&page->refs, memory_order_acquire) > 1;
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
static void place(struct page *page, struct entity *own_entity, uint32_t tag)
{
    uint32_t slot = tag & page->mask;

    while (page->slots[slot] != NULL) {
        slot = (slot + 1) & page->mask;
    }
    page->slots[slot] = own_entity;
    page->tags[slot] = tag;
    page->count++;
}

/* A copy with that many slots; `page` is given up. */
static struct page *copied(struct page *page, uint32_t slots)
{
    struct page *copy = new_page(slots);
    bool stays = is_shared(page);

    for (uint32_t i = 0; i <= page->mask; i++) {
        if (page->slots[i] != NULL) {
            place(copy, stays ? entity_ref(page->slots[i]) : page->slots[i], page->tags[i]);
        }
    }
    if (stays) {
        unref_page(page); /* it may have been left alone meanwhile, and die here */
    } else {
        gw_free(page);
    }
    return copy;
}

/* The page at `at`, ours alone, with room for one more. */
static struct page *writable(struct table *table, size_t at)
{
    struct page *page = table->pages[at];
    uint32_t slots;

    if (page == NULL) {
        return table->pages[at] = new_page(FIRST_SLOTS);
    }
    slots = page->mask + 1;
    if (4 * (page->count + 1) > 3 * slots) {
        return table->pages[at] = copied(page, 2 * slots);
    }
    if (is_shared(page)) {
        return table->pages[at] = copied(page, slots);
    }
    return page;
}

/* The slot of the entity with that key, or the free one where it is missing. */
static uint32_t find(const struct page *page, enum table_key key, const struct entity *entity,
                     uint32_t tag)
{
    uint32_t slot = tag & page->mask;

    while (page->slots[slot] != NULL &&
           (page->tags[slot] != tag || !same_key(key, page->slots[slot], entity))) {
        slot = (slot + 1) & page->mask;
    }
    return slot;
}

/* Moves up what stands behind the hole at `hole` and would not be found across it. */
static void close_hole(struct page *page, uint32_t hole)
{
    for (uint32_t at = (hole + 1) & page->mask; page->slots[at] != NULL;
         at = (at + 1) & page->mask) {
        uint32_t home = page->tags[at] & page->mask;

        if (((at - home) & page->mask) >= ((at - hole) & page->mask)) {
            page->slots[hole] = page->slots[at];
            page->tags[hole] = page->tags[at];
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
    while (page->slots[slot] != NULL &&
           (page->tags[slot] != (uint32_t)hash || page->slots[slot]->id != id)) {
        slot = (slot + 1) & page->mask;
    }
    return page->slots[slot];
}

static bool has_digest(const struct entity *entity, const uint8_t *digest)
{
    const uint8_t *its = entity_key(entity)->digest;

    return gw_text_eq_secret((struct gw_text){(const char *)digest, GW_KEY_DIGEST_SIZE},
                             (struct gw_text){(const char *)its, GW_KEY_DIGEST_SIZE});
}

struct entity *table_by_digest(const struct table *table, const uint8_t *digest)
{
    uint64_t hash = hash_digest(digest);
    const struct page *page = table->pages[page_of(hash)];
    uint32_t slot;

    if (page == NULL) {
        return NULL;
    }
    slot = (uint32_t)hash & page->mask;
    while (page->slots[slot] != NULL &&
           (page->tags[slot] != (uint32_t)hash || !has_digest(page->slots[slot], digest))) {
        slot = (slot + 1) & page->mask;
    }
    return page->slots[slot];
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
    uint64_t hash = hash_of(table->key, own_entity);
    struct page *page = writable(table, page_of(hash));
    uint32_t slot = find(page, table->key, own_entity, (uint32_t)hash);

    if (page->slots[slot] != NULL) {
        entity_unref(page->slots[slot]);
    } else {
        page->tags[slot] = (uint32_t)hash;
        page->count++;
        table->count++;
    }
    page->slots[slot] = own_entity;
}

struct entity *table_add(struct table *table, struct entity *entity)
{
    uint64_t hash = hash_of(table->key, entity);
    struct page *page = writable(table, page_of(hash));
    uint32_t slot = find(page, table->key, entity, (uint32_t)hash);

    if (page->slots[slot] != NULL) {
        return page->slots[slot];
    }
    page->slots[slot] = entity_ref(entity);
    page->tags[slot] = (uint32_t)hash;
    page->count++;
    table->count++;
    return NULL;
}

void table_remove(struct table *table, const struct entity *entity)
{
    uint64_t hash = hash_of(table->key, entity);
    size_t at = page_of(hash);
    struct page *page = table->pages[at];
    struct entity *removed;
    uint32_t slot;

    if (page == NULL || page->slots[find(page, table->key, entity, (uint32_t)hash)] == NULL) {
        return;
    }
    page = writable(table, at);
    slot = find(page, table->key, entity, (uint32_t)hash);
    removed = page->slots[slot];
    page->slots[slot] = NULL;
    page->count--;
    table->count--;
    close_hole(page, slot);
    entity_unref(removed); /* `entity` may have been this one */
}
