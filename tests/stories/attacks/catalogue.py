"""Which attack on which server is tried on us where; tests/house checks that all are there.

A test is named by its file under tests/ and, after ``::``, its name without ``test_``.
"""

S = "stories/"
A = "stories/attacks/"
F = "unit/federation/"

POSING = (
    f"{A}test_identity.py::an_actor_document_cannot_make_somebody_of_another_host",
    f"{A}test_identity.py::a_note_cannot_be_served_in_the_name_of_another_host",
    f"{F}test_lookup.py::a_document_that_claims_an_id_of_another_host_is_refused",
    f"{F}test_lookup.py::a_redirect_does_not_lend_its_host_to_what_it_leads_to",
    f"{F}test_lookup.py::a_document_that_changes_its_id_each_time_is_refused_after_two_fetches",
)
UPLOADS = (
    f"{A}test_identity.py::an_upload_on_a_file_host_is_nobody",
    f"{A}test_identity.py::an_upload_on_a_file_host_is_no_reply",
    f"{F}test_client.py::an_upload_on_a_file_host_is_no_document",
)
OWN_NETWORK = (
    f"{A}test_fetching.py::an_address_in_our_own_network_is_never_asked",
    f"{A}test_fetching.py::an_inbox_in_our_own_network_gets_nothing",
    f"{A}test_fetching.py::a_name_that_leads_into_our_own_network_is_never_connected_to",
    f"{A}test_fetching.py::a_redirect_into_our_own_network_is_never_followed",
    f"{F}test_guard.py::an_address_outside_the_public_internet_is_refused",
    f"{F}test_guard.py::a_disguise_changes_no_verdict",
    f"{F}test_guard.py::a_name_is_looked_up_once_and_the_checked_address_is_used",
    f"{F}test_transport.py::certificate_and_host_go_by_the_name_while_the_address_was_checked",
)
REDIRECTS = (
    f"{A}test_fetching.py::a_hundred_redirects_are_followed_three_times",
    f"{A}test_fetching.py::a_redirect_in_a_circle_is_followed_once",
    f"{A}test_fetching.py::webfinger_that_redirects_without_end_is_given_up",
    f"{A}test_fetching.py::a_redirect_of_webfinger_into_our_own_network_is_never_followed",
    f"{F}test_client.py::three_redirects_are_followed_and_each_is_signed_for_where_it_leads",
    f"{F}test_client.py::a_redirect_into_our_own_network_is_never_asked_for",
)
SLOW = (
    f"{F}test_client.py::a_server_that_takes_its_time_is_given_up_at_the_deadline",
    f"{F}test_client.py::a_hundred_slow_servers_do_not_hold_up_a_quick_one",
    f"{F}test_guard.py::dead_name_servers_of_one_site_hold_up_no_other",
    f"{A}test_leverage.py::an_arrival_that_waits_for_a_slow_origin_ends_before_its_lease",
    f"{S}test_attacks.py::one_server_that_hangs_leaves_room_for_everybody_else",
)
RESTRUCTURED = (
    f"{A}test_identity.py::a_signed_activity_cannot_be_restructured",
    f"{A}test_identity.py::a_fetched_note_cannot_be_restructured",
    f"{A}test_identity.py::a_linked_data_signature_proves_nothing",
    f"{A}test_identity.py::a_made_up_proof_proves_nothing",
    "unit/activitypub/test_documents.py::what_only_a_linked_data_processor_sees_is_refused_at_the_top",
)
EXCESS = (
    f"{A}test_excess.py::a_name_as_long_as_a_document_is_cut",
    f"{A}test_excess.py::a_text_as_long_as_a_document_is_cut",
    f"{A}test_excess.py::a_hundred_thousand_of_anything_are_refused_unread",
    f"{A}test_excess.py::a_thousand_people_named_cost_no_statement_each",
    "storage/test_longest.py::the_longest_names_fit_side_by_side",
)
POISON = (
    f"{A}test_markup.py::a_poisonous_text_harms_no_other",
    f"{A}test_excess.py::a_hundred_thousand_levels_are_refused",
    f"{S}test_inbox_thread.py::poisonous_text_is_harmless_and_fails_alone",
    "unit/content/test_sanitize.py::five_megabytes_of_anything_take_bounded_time_and_room",
    "unit/content/test_sanitize.py::a_hundred_thousand_levels_take_bounded_time",
)
SIGNATURES = (
    f"{S}test_inbox_proof.py::a_good_signature_does_not_speak_for_somebody_else",
    f"{S}test_inbox_proof.py::a_body_that_was_changed_on_the_way_is_refused",
    "protocol/test_cavage_vectors.py::what_proves_too_little_is_refused",
    "protocol/test_rfc9421_vectors.py::what_proves_too_little_is_refused",
    "protocol/test_eddsa_jcs_vectors.py::a_changed_document_or_proof_is_refused",
)
HOSTS = (
    f"{A}test_identity.py::another_spelling_of_a_host_makes_no_second_alice",
    f"{S}test_attacks.py::a_blocked_host_stays_blocked_however_it_is_spelt",
    f"{F}test_webfinger.py::a_host_is_one_host_in_every_spelling",
    "unit/activitypub/test_origin.py::a_host_that_programs_may_read_differently_is_refused",
)
QUOTES = (
    f"{A}test_quotes.py::nobody_gets_leave_for_a_post_of_another_host",
    f"{A}test_quotes.py::nobody_gets_leave_for_what_is_not_ours_to_give",
    f"{A}test_quotes.py::nobody_gets_leave_for_a_strangers_reply_from_us",
    f"{A}test_quotes.py::leave_says_for_which_post_it_is_and_is_of_no_use_for_another",
    f"{S}test_asking_first.py::nobody_gets_leave_for_the_reply_of_another_or_to_something_else",
)
FLOODS = (
    f"{S}test_floods.py::what_one_server_sends_beyond_its_measure_has_to_wait",
    f"{S}test_floods.py::the_flood_of_one_server_leaves_the_others_alone",
    f"{S}test_floods.py::addresses_of_one_ipv6_network_count_as_one",
    f"{S}test_floods.py::a_full_queue_asks_everybody_to_come_back",
    f"{S}test_floods.py::one_server_can_fill_a_tenth_of_the_queue",
    f"{S}test_floods.py::subdomains_have_one_tenth_of_the_queue_together",
    f"{A}test_leverage.py::unsigned_ends_of_accounts_do_not_fill_the_place_of_their_server",
    f"{A}test_crowding.py::unsigned_ends_of_accounts_fill_no_more_than_a_share_of_the_queue",
    f"{A}test_crowding.py::large_bodies_count_for_what_it_takes_to_read_them",
    f"{A}test_leverage.py::one_server_cannot_send_all_its_words_through_us",
    f"{A}test_leverage.py::followers_cannot_all_be_read_in_the_inboxes_of_somebody_else",
    f"{A}test_leverage.py::another_spelling_of_a_host_makes_no_room_for_more_reports",
    f"{S}test_asking_first.py::who_is_refused_and_goes_on_asking_gets_no_more_answers",
    f"{A}test_leverage.py::nobody_makes_us_ask_again_and_again_for_a_comment_that_we_have",
)
UNSEEN = (
    f"{A}test_privacy.py::a_draft_cannot_be_told_from_what_never_was",
    f"{A}test_privacy.py::a_private_message_cannot_be_told_from_what_never_was",
    f"{A}test_privacy.py::what_was_sent_to_one_cannot_be_read_by_all",
    f"{S}test_attacks.py::an_unsigned_copy_does_not_tell_whether_a_message_was_sent",
)
COLLECTIONS = (
    f"{F}test_collection.py::a_page_that_leads_back_ends_the_walk",
    f"{F}test_collection.py::pages_without_end_are_left_at_the_limit",
    f"{F}test_collection.py::items_without_end_are_cut_at_the_limit",
    f"{F}test_collection.py::the_walk_stays_on_its_host",
    f"{F}test_collection.py::a_collection_in_the_collection_is_not_entered",
)
HEARSAY = (
    f"{S}test_acts.py::a_blocked_person_cannot_follow_answer_like_or_boost",
    f"{S}test_gathering_threads.py::nobody_on_a_blocked_host_is_asked_for_a_parent",
    f"{A}test_passing_on.py::a_blocked_server_gets_nothing_in_through_another",
    f"{A}test_passing_on.py::a_blocked_server_brings_nothing_of_another",
    f"{A}test_identity.py::what_a_group_passes_on_is_not_believed_without_its_origin",
    f"{S}test_passing_on.py::hearsay_that_its_origin_does_not_know_is_dropped",
    f"{S}test_passing_on.py::nobody_can_pass_on_what_only_the_actor_may_say",
    f"{S}test_passing_on.py::a_comment_that_a_group_made_up_is_dropped",
    f"{A}test_leverage.py::a_boost_that_an_author_took_back_cannot_be_brought_again",
    f"{A}test_leverage.py::we_are_not_made_to_ask_ourselves",
    f"{A}test_leverage.py::an_author_is_led_to_no_blocked_server_by_another_spelling",
    f"{A}test_leverage.py::nobody_else_ends_a_private_message",
    f"{A}test_leverage.py::hearsay_that_fails_late_does_not_take_the_true_word_with_it",
    f"{A}test_crowding.py::hearsay_in_the_same_group_does_not_take_the_place_of_the_true_word",
)
PICTURES = (
    f"{A}test_privacy.py::the_pictures_lead_to_no_other_file_or_server",
    f"{S}test_gathering_people.py::what_is_no_picture_for_us_leaves_the_letter",
    f"{S}test_gathering_people.py::a_file_that_unpacks_to_more_than_it_may_is_refused",
    f"{S}test_gathering_people.py::only_copies_are_given_out",
)
PARENTS = (
    f"{S}test_gathering_threads.py::an_endless_chain_of_parents_ends_at_the_bound",
    f"{S}test_gathering_threads.py::parents_that_answer_one_another_in_a_circle_end_the_search",
    f"{S}test_gathering_threads.py::a_flood_that_names_one_missing_parent_costs_one_look",
    f"{S}test_gathering_threads.py::a_fetched_parent_is_believed_no_more_than_one_that_arrives",
    f"{S}test_gathering_threads.py::a_list_cannot_send_us_to_somebody_it_wishes_ill",
    f"{A}test_leverage.py::a_list_of_what_is_not_there_sends_us_to_few",
)
BAD_KEYS = (
    f"{A}test_fetching.py::a_hundred_requests_with_one_bad_key_make_us_ask_once",
    f"{A}test_fetching.py::a_thousand_bad_keys_are_forgotten_in_turn",
    f"{S}test_inbox_proof.py::a_key_is_fetched_once_for_twenty_requests_at_the_same_time",
    f"{S}test_attacks.py::keys_that_nobody_has_do_not_flood_a_third_server",
)
FORGETTING = (f"{A}test_excess.py::rows_that_strangers_made_do_not_stay_for_ever",)

ADVISORIES = {
    "CVE-2024-23832 GHSA-3fjr-858r-92rw: Mastodon, id not checked against its place": POSING,
    "CVE-2024-25623 GHSA-jhrq-qvrm-qr36, CVE-2024-25636: Mastodon, Misskey, uploads": UPLOADS,
    "CVE-2024-37903 GHSA-xjvf-fm67-4qc3: Mastodon, Update by another widens": (
        f"{A}test_identity.py::a_neighbour_cannot_make_a_private_message_public",
        f"{A}test_identity.py::a_neighbour_cannot_write_over_somebodys_reply",
        f"{S}test_inbox_thread.py::an_edit_by_somebody_else_changes_nothing",
    ),
    "CVE-2023-36461 GHSA-9pxv-6qvf-pjwc: Mastodon, slow answers hold workers": (
        *SLOW,
        f"{A}test_fetching.py::an_answer_without_end_is_cut",
    ),
    "CVE-2023-36462: Mastodon, misleading links": (
        f"{A}test_markup.py::a_link_cannot_hide_where_it_leads",
        "unit/content/test_sanitize.py::a_link_hides_nothing_but_parts_of_its_own_address",
    ),
    "CVE-2023-36459, CVE-2023-36460: Mastodon, markup in cards, files as media": (
        f"{A}test_markup.py::a_name_is_text_wherever_it_stands",
        f"{S}test_forms.py::a_picture_loses_all_that_it_says_of_its_maker",
        f"{S}test_forms.py::what_is_no_usable_picture_is_refused_at_its_field",
    ),
    "CVE-2023-42451 GHSA-v3xf-c9qf-j667: Mastodon, spelling of hosts": HOSTS,
    "GHSA-5wxh-3p65-r4g6: Mastodon, addresses of accounts": (
        f"{A}test_identity.py::an_account_needs_a_plain_web_address",
        f"{A}test_markup.py::a_username_that_is_none_makes_nobody",
    ),
    "GHSA-x2rc-v5wx-g3m5: Mastodon, schemes of links": (
        f"{A}test_markup.py::a_link_never_runs_a_script",
        "unit/activitypub/parse/test_actors.py::a_script_is_nobodys_page_or_picture",
    ),
    "GHSA-mq2m-hr29-8gqf: Mastodon, embed survives": (
        f"{A}test_markup.py::nothing_that_embeds_or_restyles_is_left",
        "unit/content/test_sanitize.py::nothing_of_scripts_styles_and_embedded_things_is_left",
    ),
    "GHSA-gg8q-rcg7-p79g, GHSA-6x3w-9g92-gvf3: Mastodon, no limits on fields": EXCESS,
    "GHSA-5h2f-wg8j-xqwp: Mastodon, the blocked come in through others": HEARSAY,
    "GHSA-xfrj-c749-jxxq, crr4-7rm4-8gpw, xx55-4rrg-8xg6, vwhj-3g83-v276: Mastodon, SSRF": (
        OWN_NETWORK
    ),
    "GHSA-53m7-2wrh-q839, CVE-2026-46349, CVE-2026-42462: restructured documents": RESTRUCTURED,
    "GHSA-rwcw-vq68-g34p: Mastodon, attribution of domains": (
        f"{A}test_privacy.py::only_our_own_host_is_attributed_to_our_authors",
        f"{S}test_attacks.py::a_writer_cannot_link_to_somebody_elses_profile_and_post",
    ),
    "GHSA-qrgq-9fx2-vf2r, GHSA-jpxp-r43f-rhvx: Mastodon, sanitiser crashes or crawls": POISON,
    "GHSA-8h43-rcqj-wpc6, GHSA-q4g8-82c5-9h33: Mastodon, quotes without leave": QUOTES,
    "GHSA-gwhw-gcjx-72v8: Mastodon, existence of private posts": UNSEEN,
    "GHSA-84ch-6436-c7mg, GHSA-c2r5-cfqr-c553: Mastodon, rate limits": (
        *FLOODS,
        f"{S}test_signing_in.py::the_address_behind_a_proxy_is_believed_of_a_trusted_one_only",
        f"{S}test_attacks.py::a_subscriber_with_a_million_addresses_counts_once",
    ),
    "CVE-2024-39687 GHSA-p9cg-vqcc-grcx, CVE-2026-50131, CVE-2026-62857: Fedify, SSRF": (
        OWN_NETWORK
    ),
    "CVE-2026-77632: Fedify, signed fetch redirected": REDIRECTS,
    "CVE-2025-23221 GHSA-c59p-wq67-24wx: Fedify, WebFinger redirects": REDIRECTS,
    "CVE-2025-54888 GHSA-6jcc-xgcr-q3h4: Fedify, processed before the key's owner": SIGNATURES,
    "CVE-2025-68475: Fedify, backtracking over HTML": (
        f"{A}test_excess.py::five_megabytes_at_the_door_are_not_read",
        f"{A}test_excess.py::five_megabytes_that_are_fetched_are_cut",
        f"{A}test_excess.py::an_actor_of_five_megabytes_is_nobody",
        "unit/content/test_sanitize.py::five_megabytes_of_anything_take_bounded_time_and_room",
    ),
    "CVE-2026-34148: Fedify, redirects and repeated key fetches": (*BAD_KEYS, *REDIRECTS),
    "CVE-2026-69132: Fedify, what is known of hosts stays for ever": FORGETTING,
    "CVE-2026-28432: Misskey, signatures bypassed": SIGNATURES,
    "CVE-2023-49079, CVE-2024-32983, CVE-2024-52591/2/3: Misskey": (*RESTRUCTURED, *POSING),
    "CVE-2025-25194 GHSA-7723-35v7-qcxw, CVE-2026-33693: Lemmy, SSRF and 0.0.0.0": OWN_NETWORK,
    "CVE-2026-29178: Lemmy, parameters of the image proxy": PICTURES,
    "CVE-2025-30741: Pixelfed, asked is not accepted": (
        f"{S}test_web_faults.py::only_those_who_accepted_are_followed",
        f"{S}test_inbox_private.py::followers_only_is_not_public",
        f"{A}test_privacy.py::followers_only_words_are_on_no_page_and_in_no_document",
    ),
    "CVE-2024-25108 GHSA-gccq-h3xj-jgvf: Pixelfed, scopes not enforced": (
        f"{A}test_privacy.py::the_desk_opens_for_nobody_without_a_session",
    ),
    "CVE-2022-23644, CVE-2022-35925, CVE-2022-35953: BookWyrm": (
        f"{S}test_signing_in.py::guessing_one_name_is_stopped_from_wherever_it_comes",
        f"{S}test_signing_in.py::guessing_from_one_address_is_stopped_whatever_the_name",
        f"{S}test_signing_in.py::signing_in_leads_on_within_this_site_only",
        f"{S}test_signing_in.py::hiding_a_reply_leads_back_within_this_site_only",
        f"{S}test_cover_address.py::nobody_is_asked_for_an_address_inside_or_of_another_kind",
        f"{S}test_cover_address.py::a_redirect_does_not_lead_inside",
    ),
    "CVE-2023-3706, CVE-2023-3707, CVE-2023-5057: WordPress": (
        f"{S}test_publishing.py::a_draft_is_nowhere_to_be_found",
        f"{A}test_privacy.py::a_draft_cannot_be_told_from_what_never_was",
        f"{A}test_markup.py::a_name_is_text_wherever_it_stands",
    ),
    "NeoDB 4a28df10, 126f6c70, a8182b3e": (
        f"{A}test_markup.py::a_script_cannot_leave_the_data_about_a_review",
        f"{S}test_headers.py::a_title_cannot_break_out_of_the_page",
        f"{S}test_attacks.py::a_password_cannot_be_guessed_under_two_spellings_of_a_name",
    ),
    "Pleroma and Akkoma 2020, 2024: uploads as objects, paths": (*UPLOADS, *PICTURES),
    "CVE-2025-32947, CVE-2025-32948: PeerTube, collections without end": COLLECTIONS,
}
"""Row of the advisories → the tests that show it failing here."""

CHECKLIST = {
    "order of checks": (
        f"{A}test_excess.py::five_megabytes_at_the_door_are_not_read",
        f"{S}test_inbox_proof.py::another_media_type_is_refused",
        f"{S}test_inbox_proof.py::nothing_is_wanted_from_a_blocked_host",
        f"{S}test_inbox_proof.py::an_unsigned_activity_leaves_no_trace",
    ),
    "owner of the key": SIGNATURES,
    "origin of ids": (
        *POSING,
        f"{S}test_inbox_proof.py::an_activity_with_an_id_of_another_host_is_refused",
        f"{S}test_inbox_thread.py::a_note_of_another_host_is_not_taken_from_its_wrapper",
    ),
    "attributedTo": (f"{S}test_inbox_thread.py::a_note_in_somebody_elses_name_is_not_shown",),
    "Update, Delete and Undo by the owner alone": (
        f"{A}test_identity.py::a_neighbour_cannot_write_over_somebodys_reply",
        f"{A}test_identity.py::a_neighbour_cannot_end_somebodys_account",
        f"{S}test_inbox_thread.py::a_deletion_by_somebody_else_changes_nothing",
        f"{S}test_inbox_reactions.py::nobody_takes_back_what_somebody_else_did",
    ),
    "activities within activities": HEARSAY,
    "media type of what is fetched": UPLOADS,
    "id of what is fetched": POSING,
    "redirects": REDIRECTS,
    "addresses": OWN_NETWORK,
    "bodies": (
        f"{A}test_excess.py::five_megabytes_that_are_fetched_are_cut",
        f"{A}test_fetching.py::an_answer_without_end_is_cut",
        f"{F}test_reading.py::a_gzip_bomb_is_never_unpacked_in_memory",
        f"{S}test_inbox_proof.py::a_packed_body_is_refused",
        *SLOW,
    ),
    "JSON": (
        f"{A}test_excess.py::what_two_readers_may_read_differently_is_refused",
        f"{A}test_excess.py::a_hundred_thousand_levels_are_refused",
        f"{F}test_reading.py::json_that_two_readers_may_read_differently_is_refused",
        f"{S}test_attacks.py::a_megabyte_of_nothing_is_refused_before_it_is_read",
    ),
    "JSON-LD": RESTRUCTURED,
    "keys without owners": (
        f"{A}test_identity.py::a_document_with_a_key_and_no_owner_is_no_key",
        f"{A}test_identity.py::a_key_that_names_its_owner_but_is_not_named_by_them_is_nobodys",
        f"{F}test_lookup.py::a_key_that_its_owner_does_not_know_is_refused",
    ),
    "HTML": (
        f"{A}test_markup.py::a_link_never_runs_a_script",
        f"{A}test_markup.py::nothing_that_embeds_or_restyles_is_left",
        f"{S}test_headers.py::every_answer_of_every_address_is_protected",
        "unit/content/test_sanitize.py::direction_marks_cannot_reach_beyond_the_text_they_are_in",
    ),
    "handles": (
        *HOSTS,
        f"{S}test_attacks.py::a_name_that_is_somebody_elses_is_not_shown_as_a_handle",
        f"{F}test_webfinger.py::a_handle_is_shown_only_when_it_leads_back_to_the_actor",
    ),
    "collections": COLLECTIONS,
    "threads": (
        *PARENTS,
        f"{S}test_early_replies.py::a_reply_whose_parent_never_comes_is_dropped_after_some_minutes",
        f"{A}test_fetching.py::one_activity_makes_us_ask_only_so_often",
    ),
    "replay": (
        f"{A}test_identity.py::a_recorded_follow_cannot_be_played_again",
        f"{S}test_inbox_proof.py::what_comes_twice_is_applied_once",
        f"{S}test_inbox_wire.py::a_sample_leaves_what_it_says_and_no_more_when_it_comes_again",
        f"{S}test_passing_on.py::an_old_proof_does_not_speak_for_what_was_undone_long_ago",
    ),
    "race": (
        f"{S}test_inbox_wire.py::a_conversation_ends_the_same_in_whatever_order_it_comes",
        f"{S}test_inbox_thread.py::a_delete_that_overtakes_its_note_wins",
        f"{S}test_inbox_reactions.py::an_undo_that_overtakes_its_follow_wins",
    ),
    "visibility": (
        f"{S}test_inbox_private.py::a_private_note_is_for_the_desk_alone",
        f"{A}test_privacy.py::followers_only_words_are_on_no_page_and_in_no_document",
    ),
    "limits": FLOODS,
    "media": (*PICTURES, f"{A}test_fetching.py::no_page_makes_a_reader_or_us_ask_anybody"),
    "slow clients": (
        "unit/cli/test_doorstep.py::a_head_without_end_is_cut",
        "unit/cli/test_doorstep.py::who_is_silent_for_long_is_let_go",
        "unit/cli/test_doorstep.py::those_who_say_nothing_make_room_for_those_who_come",
        f"{S}test_attacks.py::an_upload_that_does_not_end_is_given_up",
        f"{S}test_attacks.py::an_upload_that_breaks_off_is_no_bug_of_ours",
    ),
    "errors": UNSEEN,
    "regular expressions": (
        "unit/content/test_sanitize.py::five_megabytes_of_anything_take_bounded_time_and_room",
        "unit/signatures/test_cavage.py::no_header_breaks_the_reader",
    ),
    "a crash stays alone": POISON,
    "quotes": QUOTES,
    "state for each host": (*FORGETTING, *BAD_KEYS),
}
"""What a receiver must check, in the order of a request → the tests that show it."""
