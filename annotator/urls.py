"""Every address of the site, in four lists. A name is `<thing>` or `<thing>-<verb>`."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import URLPattern, URLResolver, include, path
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from annotator.views import (
    api_tokens,
    conditions,
    drawings,
    elsewhere,
    experiments,
    export,
    gold,
    health,
    items,
    media,
    methods,
    panels,
    phases,
    preview,
    procedure,
    prompts,
    quality,
    questions,
    rater,
    rater_data,
    raters,
    results,
    snapshots,
    studies,
    study_files,
    things,
    words,
)
from annotator.views.api import problems, reference
from annotator.views.api import urls as api_urls

# For raters: no account, only the link they were sent.
rater_pages: list[URLPattern] = [
    path("", rater.consent, name="rater-consent"),
    path("next/", phases.onwards, name="rater-next"),
    path("instructions/", phases.instructions, name="rater-instructions"),
    path("training/", phases.training, name="rater-training"),
    path("qualification/", phases.qualification, name="rater-qualification"),
    path("questionnaire/", phases.asked, name="rater-questionnaire"),
    path("screened-out/", phases.screened_out, name="rater-screened-out"),
    path("stopped/", phases.stopped, name="rater-stopped"),
    path("mturk/", panels.mturk_frame, name="mturk-frame"),
    path("delete/", rater_data.delete, name="rater-delete"),
    path("deleted/", rater_data.deleted, name="rater-deleted"),
    path("break/", phases.rest, name="rater-break"),
    path("rate/", rater.rate, name="rater-rate"),
    path("thanks/", rater.thanks, name="rater-thanks"),
    path("leave/", rater.leave, name="rater-leave"),
    # JSON, for the rating page
    path("draw/", rater.draw, name="rater-draw"),
    path("ratings/", rater.submit, name="rater-submit"),
    path("previous/", rater.previous, name="rater-previous"),
    path("practice/draw/", phases.draw, name="practice-draw"),
    path("practice/answers/", phases.submit, name="practice-submit"),
    path("practice/previous/", phases.previous, name="practice-previous"),
    path("examples/<uuid:example_id>.webp", media.example_picture, name="example-picture"),
    path("examples/<uuid:example_id>.png", media.example_heat_map, name="example-heat-map"),
    path("pictures/<uuid:assignment_id>.webp", media.assigned_picture, name="rater-picture"),
    path("maps/<uuid:assignment_id>.png", media.assigned_heat_map, name="rater-heat-map"),
]

# For researchers: their own studies; for admins: all.
study_pages: list[URLPattern] = [
    path("", studies.overview, name="study"),
    path("settings/", studies.edit, name="study-edit"),
    path("settings/conditions/", conditions.edit, name="conditions"),
    path("settings/preview/", preview.of_study, name="study-preview"),
    path("study.<str:extension>", study_files.download, name="study-config"),
    path("phases/", procedure.edit, name="procedure"),
    path("phases/questions/", questions.index, name="questions"),
    path("phases/questions/colour-vision/", questions.add_ready_made, name="question-ready-made"),
    path("phases/questions/<slug:question>/", questions.edit, name="question-edit"),
    path("phases/questions/<slug:question>/remove/", questions.remove, name="question-remove"),
    path("phases/questions/<slug:question>/move/", questions.move, name="question-move"),
    path(
        "phases/questions/<slug:question>/duplicate/",
        questions.duplicate,
        name="question-duplicate",
    ),
    path("phases/pictures/", procedure.pictures, name="example-pictures"),
    path("phases/maps/<uuid:heat_map_id>/", procedure.add_example, name="example-create"),
    path("phases/examples/<int:example_id>/", procedure.remove_example, name="example-remove"),
    path("progress/", studies.progress, name="study-progress"),
    path("open/", studies.open_, name="study-open"),
    path("pause/", studies.pause, name="study-pause"),
    path("close/", studies.close, name="study-close"),
    path("log/", studies.log, name="study-log"),
    path("retry/", studies.retry, name="generations-retry"),
    path(
        "retry/without-absent-words/",
        studies.retry_without_absent_words,
        name="absent-words-retry",
    ),
    path("prompts/", prompts.index, name="prompts"),
    path("prompts/<int:generation_id>/", prompts.detail, name="prompt"),
    path("uploads/<int:upload_id>/", prompts.upload, name="upload"),
    path("uploads/<int:upload_id>/import/", prompts.import_, name="upload-import"),
    path("uploads/<int:upload_id>/cancel/", prompts.cancel, name="upload-cancel"),
    path("uploads/<int:upload_id>/refused.csv", prompts.refused, name="upload-refused"),
    path("pictures/<int:generation_id>.webp", media.picture, name="picture"),
    path("maps/<uuid:heat_map_id>.png", media.heat_map, name="heat-map"),
    path("items/", items.index, name="items"),
    path("items/<uuid:item_id>/", items.detail, name="item"),
    path("items/<uuid:item_id>.png", media.item_map, name="item-map"),
    path("items/<uuid:item_id>/remove/", gold.remove, name="gold-remove"),
    path("maps/<uuid:heat_map_id>/gold/", gold.create, name="gold-create"),
    path("words/", words.index, name="words"),
    path("words/maps/", words.maps, name="word"),
    path("raters/", studies.raters, name="raters"),
    path("raters/<slug:pseudonym>/", raters.detail, name="rater"),
    path("quality/", quality.index, name="quality"),
    path("quality/exclude/", quality.exclude_flagged, name="quality-exclude"),
    path("raters/<slug:pseudonym>/exclude/", quality.exclude, name="rater-exclude"),
    path("raters/<slug:pseudonym>/include/", quality.include, name="rater-include"),
    path("raters/<slug:pseudonym>/resume/", quality.resume, name="rater-resume"),
    path("invitations/", studies.invite, name="invitation-create"),
    path("invitations/<int:invitation_id>/panel/", panels.edit, name="panel"),
    path("identities.csv", panels.identities, name="identities"),
    path("invitations/<int:invitation_id>/revoke/", studies.revoke, name="invitation-revoke"),
    path("results/", results.results, name="results"),
    path("results/drawings/", drawings.index, name="drawings"),
    path("results/drawings/masks.json", drawings.coco, name="drawings-coco"),
    path("results/drawings/masks.zip", drawings.pngs, name="drawings-pngs"),
    path("results/drawings/figure.<str:extension>", drawings.figure, name="drawings-figure"),
    path("results/drawings/<uuid:item_id>/", drawings.detail, name="drawing"),
    path("results/drawings/<uuid:item_id>.png", drawings.overlay, name="drawing-overlay"),
    path(
        "results/drawings/<uuid:item_id>/<slug:pseudonym>.png", drawings.mask, name="drawing-mask"
    ),
    path("results/things/", things.index, name="things"),
    path("results/things/things.csv", things.table, name="things-file"),
    path("results/figure.<str:extension>", results.figure, name="results-figure"),
    path("methods/", methods.report, name="methods"),
    path("methods/methods.zip", methods.latex, name="methods-latex"),
    path("methods/interface.png", methods.interface, name="methods-interface"),
    path("export/", export.index, name="export"),
    path("export/pictures.zip", export.pictures, name="export-pictures"),
    path("export/dataset.zip", export.dataset, name="export-dataset"),
    path("export/snapshots/", snapshots.index, name="snapshots"),
    path("export/snapshots/<str:snapshot>.zip", snapshots.download, name="snapshot"),
    path("export/<slug:name>.<slug:extension>", export.table, name="export-table"),
]

# The paper's experiments, each its owner's.
experiment_pages: list[URLPattern] = [
    path("", experiments.index, name="experiments"),
    path("new/", experiments.create, name="experiment-create"),
    path("<int:experiment_id>/", experiments.detail, name="experiment"),
    path("<int:experiment_id>/files.zip", experiments.bundle, name="experiment-bundle"),
    path("<int:experiment_id>/files/<str:file_name>", experiments.file, name="experiment-file"),
    path(
        "<int:experiment_id>/figure.<str:extension>", experiments.figure, name="experiment-figure"
    ),
    path("<int:experiment_id>/retry/", experiments.retry, name="experiment-retry"),
    path("<int:experiment_id>/remove/", experiments.remove, name="experiment-remove"),
]

# Ratings made elsewhere.
import_pages: list[URLPattern] = [
    path("", elsewhere.detail, name="import"),
    path("refused.csv", elsewhere.refused, name="import-refused"),
    path("confirm/", elsewhere.confirm, name="import-confirm"),
    path("delete/", elsewhere.delete, name="import-delete"),
    path("results/", elsewhere.results, name="import-results"),
    path("results/figure.<str:extension>", elsewhere.figure, name="import-figure"),
    path("ratings.csv", elsewhere.export, name="import-export"),
]

account_pages: list[URLPattern] = [
    path("login/", auth.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("account/tokens/", api_tokens.index, name="api-tokens"),
    path("account/tokens/<int:token_id>/revoke/", api_tokens.revoke, name="api-token-revoke"),
]

# For probes and load balancers.
health_pages: list[URLPattern] = [
    path("live", health.live, name="health-live"),
    path("ready", health.ready, name="health-ready"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", studies.home, name="home"),
    path("", include(account_pages)),
    path("r/<str:token>/", include(rater_pages)),
    path("language/", require_POST(set_language), name="set_language"),
    path("studies/", studies.index, name="studies"),
    path("studies/new/", studies.create, name="study-create"),
    path("studies/new/preview/", preview.of_new_study, name="study-create-preview"),
    path("studies/from-file/", study_files.create, name="study-from-file"),
    path("studies/<int:study_id>/", include(study_pages)),
    path("experiments/", include(experiment_pages)),
    path("imports/", elsewhere.index, name="imports"),
    path("imports/<int:import_id>/", include(import_pages)),
    path("webhooks/prolific/", panels.prolific_webhook, name="prolific-webhook"),
    # For programs; the operations are in views/api/.
    path("api/v1/", reference.reference, name="api-reference"),
    path("api/v1/", api_urls),
    path("api/v1/<path:rest>", problems.unknown, name="api-unknown"),
    path("health/", include(health_pages)),
    path("admin/", admin.site.urls),
]
